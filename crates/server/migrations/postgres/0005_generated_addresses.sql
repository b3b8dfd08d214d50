-- Users that were made with an organization had addresses that clients refuse.
UPDATE users SET email = replace(email, '@users.invalid', '@users.example.org')
WHERE email LIKE '%@users.invalid' AND NOT EXISTS (
    SELECT 1 FROM users AS other
    WHERE other.email = replace(users.email, '@users.invalid', '@users.example.org')
);
