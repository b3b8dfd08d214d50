//! The client against real servers, over real sockets.

mod requests;
mod responses;
mod retries;
mod support;
