//! The known shapes of tokens: what they begin with and what follows. No pattern is matched backwards or twice, so that a
//! stream needs to hold back no more than the least that makes a token.

/// What may stand in a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Letters and digits.
    Word,
    /// Letters, digits, `_`.
    Name,
    /// Capital letters and digits.
    Capital,
    /// Letters, digits, `_`, `-`.
    Url,
    /// Letters, digits, `/`.
    Path,
    /// Letters, digits, `_`, `-`, `.`.
    Dotted,
    /// What RFC 6750 lets a bearer token hold: letters, digits and `-._~+/=`.
    Bearer,
}

impl Class {
    pub(super) fn has(self, byte: u8) -> bool {
        match self {
            Class::Word => byte.is_ascii_alphanumeric(),
            Class::Name => byte.is_ascii_alphanumeric() || byte == b'_',
            Class::Capital => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Class::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Class::Dotted => Class::Url.has(byte) || byte == b'.',
            Class::Path => byte.is_ascii_alphanumeric() || byte == b'/',
            Class::Bearer => byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte),
        }
    }
}

/// What follows the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// At least so many bytes of a class.
    Run(Class, usize),
    /// The same, and the beginning is not part of the secret.
    After(Class, usize),
    /// A JSON Web Token: a header, a dot, more.
    Jwt,
    /// A block in PEM whose label says `PRIVATE KEY`.
    Pem,
    /// One of these letters, a hyphen, at least so many bytes of a class.
    Kinds(&'static [u8], Class, usize),
    /// `user:password@host`, of which the password is the secret.
    Address,
}

/// One shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// What it begins with.
    pub(super) prefix: &'static str,
    /// Whether it may not stand inside a word (`disk-`, `task-`).
    pub(super) alone: bool,
    /// What follows.
    pub(super) rest: Rest,
}

const fn shape(prefix: &'static str, rest: Rest) -> Shape {
    Shape { prefix, alone: false, rest }
}

const fn alone(prefix: &'static str, rest: Rest) -> Shape {
    Shape { prefix, alone: true, rest }
}

/// Every shape. The least lengths are below those that the issuers state, and far above those of ordinary words.
/// Beginnings that ordinary output is full of, or many more of them, slow the search (`cargo bench --bench redact`).
pub(super) const SHAPES: &[Shape] = &[
    // GitHub
    shape("ghp_", Rest::Run(Class::Name, 20)),
    shape("gho_", Rest::Run(Class::Name, 20)),
    shape("ghu_", Rest::Run(Class::Name, 20)),
    shape("ghs_", Rest::Run(Class::Name, 20)),
    shape("ghr_", Rest::Run(Class::Name, 20)),
    shape("github_pat_", Rest::Run(Class::Name, 20)),
    // GitLab
    shape("glpat-", Rest::Run(Class::Url, 20)),
    // AWS: 16 after the four
    alone("AKIA", Rest::Run(Class::Capital, 16)),
    alone("ASIA", Rest::Run(Class::Capital, 16)),
    // Slack
    shape("xox", Rest::Kinds(b"abcdeoprs", Class::Url, 10)),
    shape("xapp-", Rest::Run(Class::Url, 20)),
    shape("hooks.slack.com/services/", Rest::After(Class::Path, 20)),
    // Stripe
    shape("sk_live_", Rest::Run(Class::Word, 10)),
    shape("rk_live_", Rest::Run(Class::Word, 10)),
    shape("sk_test_", Rest::Run(Class::Word, 16)),
    shape("rk_test_", Rest::Run(Class::Word, 16)),
    // OpenAI, Anthropic (`sk-ant-`)
    alone("sk-", Rest::Run(Class::Url, 20)),
    // Google
    alone("AIza", Rest::Run(Class::Url, 30)),
    // npm, PyPI
    alone("npm_", Rest::Run(Class::Word, 30)),
    alone("pypi-", Rest::Run(Class::Url, 32)),
    // Hugging Face: 34 letters
    alone("hf_", Rest::Run(Class::Word, 30)),
    // DigitalOcean: personal, OAuth, refresh; 64 hex digits
    alone("dop_v1_", Rest::Run(Class::Word, 40)),
    alone("doo_v1_", Rest::Run(Class::Word, 40)),
    alone("dor_v1_", Rest::Run(Class::Word, 40)),
    // SendGrid: 22, a dot, 43
    alone("SG.", Rest::Run(Class::Dotted, 50)),
    // Docker Hub, Shopify, RubyGems, HashiCorp Vault, the client secrets of Google, age
    alone("dckr_pat_", Rest::Run(Class::Url, 20)),
    alone("shpat_", Rest::Run(Class::Word, 30)),
    alone("rubygems_", Rest::Run(Class::Word, 40)),
    alone("hvs.", Rest::Run(Class::Url, 24)),
    alone("GOCSPX-", Rest::Run(Class::Url, 24)),
    alone("AGE-SECRET-KEY-1", Rest::Run(Class::Capital, 40)),
    alone("eyJ", Rest::Jwt),
    shape("://", Rest::Address),
    shape("-----BEGIN ", Rest::Pem),
    // Headers, as people and as JSON write them; a bare `Bearer` wants a long word, for it is an English one.
    shape("uthorization: Bearer ", Rest::After(Class::Bearer, 1)),
    shape("uthorization: bearer ", Rest::After(Class::Bearer, 1)),
    shape("uthorization: Basic ", Rest::After(Class::Bearer, 1)),
    shape("uthorization\": \"Bearer ", Rest::After(Class::Bearer, 1)),
    shape("uthorization\":\"Bearer ", Rest::After(Class::Bearer, 1)),
    shape("UTHORIZATION: BEARER ", Rest::After(Class::Bearer, 1)),
    alone("Bearer ", Rest::After(Class::Bearer, 16)),
    alone("bearer ", Rest::After(Class::Bearer, 16)),
];

/// What is known of the text behind a beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShapeVerdict {
    /// No token.
    No,
    /// More bytes decide.
    Open,
    /// A token: so many bytes of it stand here; bytes of the class that follow are more of it.
    Token(usize, Class),
}

/// The longest header of a JSON Web Token that is waited for.
const HEADER: usize = 4096;
/// How many bytes behind the header's dot make it a token.
const PAYLOAD: usize = 10;

/// Judges what follows a beginning. `rest` is everything that is there, `last` says that nothing will follow it.
pub(super) fn judge(what: Rest, rest: &[u8], last: bool) -> ShapeVerdict {
    let open = if last { ShapeVerdict::No } else { ShapeVerdict::Open };
    match what {
        Rest::Run(class, least) | Rest::After(class, least) => {
            let length = rest.iter().take_while(|b| class.has(**b)).count();
            match length {
                n if n >= least => ShapeVerdict::Token(n, class),
                n if n == rest.len() => open,
                _ => ShapeVerdict::No,
            }
        }
        Rest::Kinds(kinds, class, least) => match rest {
            [] => open,
            [kind] if kinds.contains(kind) => open,
            [kind, b'-', more @ ..] if kinds.contains(kind) => {
                match judge(Rest::Run(class, least), more, last) {
                    ShapeVerdict::Token(n, class) => ShapeVerdict::Token(n + 2, class),
                    other => other,
                }
            }
            _ => ShapeVerdict::No,
        },
        Rest::Jwt => {
            let head = rest.iter().take_while(|b| Class::Url.has(**b)).count();
            match rest.get(head) {
                None if head < HEADER => open,
                Some(b'.') if (8..HEADER).contains(&head) => {
                    let tail = judge(Rest::Run(Class::Bearer, PAYLOAD), &rest[head + 1..], last);
                    match tail {
                        ShapeVerdict::Token(n, class) => ShapeVerdict::Token(head + 1 + n, class),
                        other => other,
                    }
                }
                _ => ShapeVerdict::No,
            }
        }
        // `pem` and `url` read these.
        Rest::Pem | Rest::Address => ShapeVerdict::No,
    }
}
