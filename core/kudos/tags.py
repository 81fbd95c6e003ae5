"""The tags that a new workspace starts with, as (name, emoji, category, description); a workspace may change them."""

SEED = (
    ("helpful", "🤝", "support", "Gives a hand before being asked"),
    ("inspirational", "✨", "leadership", "Makes others want to do more"),
    ("fair", "⚖️", "values", "Treats everybody alike"),
    ("creative", "🎨", "innovation", "Finds a way nobody thought of"),
    ("reliable", "🧱", "values", "Does what was promised"),
    ("collaborative", "🧩", "teamwork", "Makes the work of many fit together"),
    ("positive", "☀️", "values", "Lifts the mood"),
    ("mentor", "🧭", "leadership", "Helps others grow"),
    ("dedicated", "🔥", "values", "Goes the extra mile"),
    ("innovative", "💡", "innovation", "Brings new ideas to life"),
    ("team_player", "🏅", "teamwork", "Puts the team first"),
    ("patient", "🐢", "support", "Takes the time that it takes"),
    ("organized", "🗂️", "teamwork", "Keeps things in order"),
    ("supportive", "💪", "support", "Stands by others"),
    ("respectful", "🙏", "values", "Listens and lets others be"),
)
