//! The upload flag, as a picture and as a word.

/// How a flag is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Class of the picture.
    pub class: &'static str,
    /// The word beside it.
    pub word: &'static str,
    /// Outline, which tells flags apart without colours.
    pub path: &'static str,
    /// What it means for the shifter.
    pub meaning: &'static str,
}

const GREEN: Look = Look {
    class: "green",
    word: "green",
    path: "M8 1a7 7 0 1 0 0 14a7 7 0 1 0 0-14M4.2 8.4l1.4-1.4l1.7 1.7l3.3-3.6l1.4 1.3l-4.7 5.1z",
    meaning: "Safe: mark it for upload.",
};
const YELLOW: Look = Look {
    class: "yellow",
    word: "yellow",
    path: "M8 1l7.5 14h-15zM7.1 5.5v5h1.8v-5zM7.1 11.7v1.8h1.8v-1.8z",
    meaning: "Look first: it differs from the uploads before.",
};
const RED: Look = Look {
    class: "red",
    word: "red",
    path: "M2 2h12v12h-12zM4.4 5.6l2.4 2.4l-2.4 2.4l1.2 1.2l2.4-2.4l2.4 2.4l1.2-1.2l-2.4-2.4l2.4-2.4l-1.2-1.2l-2.4 2.4l-2.4-2.4z",
    meaning: "Probably unsuitable: look closely before you upload it.",
};
const GREY: Look = Look {
    class: "grey",
    word: "grey",
    path: "M8 1a7 7 0 1 0 0 14a7 7 0 1 0 0-14M4 7.1v1.8h8v-1.8z",
    meaning: "Not tested: look before you upload it.",
};

/// The look of a flag's letter; what has no flag is grey.
pub(crate) fn look(letter: Option<char>) -> Look {
    match letter {
        Some('G') => GREEN,
        Some('Y') => YELLOW,
        Some('R') => RED,
        _ => GREY,
    }
}
