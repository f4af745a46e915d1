"""Under which terms the music of each corpus comes, for those who hand results on."""

LICENCES = {
    "embedded": (
        "Encodings from the music21 corpus: out-of-copyright works, encodings distributed with "
        "permission, some for non-commercial use only."
    ),
    "asap": "ASAP dataset (Foscarin et al. 2020), CC BY-NC-SA 4.0.",
    "dissertation": (
        "ASAP dataset (Foscarin et al. 2020), CC BY-NC-SA 4.0; OpenScore Lieder corpus, CC0."
    ),
    "folder": "The music of the user's own folder; its terms are the user's to know.",
}
