//! Sentences and links.

use crate::pages::{Page, root};

/// How many words a sentence may have.
const WORDS: usize = 25;

/// Words that a person reads twice: a program returns, reports or prints, and has users and clients.
const UNUSUAL: [&str; 8] =
    ["nobody", "somebody", "anybody", "whoever", "tell", "tells", "told", "telling"];

/// Words of that list, outside of code.
pub(crate) fn unusual_words(page: &Page) -> Vec<String> {
    let text = without_code(&page.prose());
    let words = text.split(|it: char| !it.is_alphanumeric() && !"-_".contains(it));
    let unusual = words.filter(|word| UNUSUAL.contains(&word.to_lowercase().as_str()));
    unusual.map(|word| format!("{word:?}; use a plain word, such as returns or client")).collect()
}

/// Sentences with more words than that.
pub(crate) fn long_sentences(page: &Page) -> Vec<String> {
    let text = without_code(&page.prose());
    let long = paragraphs(&text).into_iter().flat_map(|paragraph| sentences(&paragraph));
    let long =
        long.map(|sentence| (words(&sentence), sentence)).filter(|(count, _)| *count > WORDS);
    long.map(|(count, sentence)| format!("{count} words, at most {WORDS}: {sentence}")).collect()
}

/// The text with a word in the place of each code span.
fn without_code(text: &str) -> String {
    text.split('`').enumerate().map(|(n, part)| if n % 2 == 0 { part } else { "code" }).collect()
}

/// Paragraphs, entries of lists and cells of tables, each in one line.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    for line in text.lines().map(str::trim) {
        let number = line.split_once(". ").map_or("", |(number, _)| number);
        let is_numbered = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
        if line.is_empty() || line.starts_with("- ") || line.starts_with('|') || is_numbered {
            paragraphs.push(String::new());
        }
        if line.starts_with('|') {
            paragraphs.extend(line.split('|').map(str::to_owned));
        } else if let Some(paragraph) = paragraphs.last_mut() {
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    paragraphs
}

fn sentences(paragraph: &str) -> Vec<String> {
    let ends = [". ", "? ", "! ", ": ", "; "];
    let mut rest = paragraph;
    let mut sentences = Vec::new();
    while let Some(end) = ends.iter().filter_map(|it| rest.find(it)).min() {
        let (sentence, after) = rest.split_at(end + 2);
        sentences.push(sentence.trim().to_owned());
        rest = after;
    }
    sentences.push(rest.trim().to_owned());
    sentences
}

fn words(sentence: &str) -> usize {
    sentence.split_whitespace().filter(|it| it.contains(char::is_alphanumeric)).count()
}

/// Links to files that are not there, and to headings that their page does not have.
pub(crate) fn broken_links(page: &Page) -> Vec<String> {
    let text = without_code(&page.prose());
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let inner = targets.filter(|target| !target.contains("://"));
    inner.filter(|target| !leads_somewhere(page, target)).map(str::to_owned).collect()
}

fn leads_somewhere(page: &Page, target: &str) -> bool {
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let here = root().join(&page.name);
    let file = if path.is_empty() { here } else { here.parent().unwrap().join(path) };
    if heading.is_empty() {
        return file.exists();
    }
    let Ok(text) = std::fs::read_to_string(file) else { return false };
    text.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == heading)
}

/// How a link names a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.map(|it| if it == ' ' { '-' } else { it }).collect()
}
