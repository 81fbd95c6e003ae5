"""What people thank for at Quillmoor: halves of sentences that fit together."""

OPENINGS = (
    "thank you for", "a big thank you for", "for", "many thanks for", "could not have done it without you:", "kudos for",
    "I really appreciated", "what a week, and still you found time for", "hats off for",
)  # fmt: skip

DEEDS = {
    "People": (
        "making three new colleagues feel at home on day one",
        "the calm way you led the feedback round",
        "sorting out the parental leave form in one afternoon",
        "organising the summer day down to the last umbrella",
    ),
    "Engineering": (
        "finding the memory leak that everybody had stopped looking for",
        "the clearest pull request I have read this year",
        "rolling back in four minutes and explaining it in five",
        "pairing on the billing migration until it was boring",
        "writing down how the build works",
        "reviewing my change twice and kindly",
        "making the tests fast enough to be run",
    ),
    "Support": (
        "staying on the line until the customer laughed",
        "clearing the Monday queue before lunch",
        "the answer template that saves all of us an hour a day",
        "taking the difficult call so that I could breathe",
        "noticing that twelve tickets were one bug",
        "covering my late shift",
    ),
    "Sales": (
        "the honest no that won us their trust",
        "handing over the account with notes that one can read",
        "joining the demo at an hour's notice",
        "keeping the forecast real",
    ),
    "Operations": (
        "driving out twice in the rain",
        "labelling every cable in the Toronto rack",
        "finding the spare part that the supplier had given up on",
        "the checklist that caught the wrong fuse",
        "showing the new crew how it is done",
    ),
    "Design": (
        "turning nine screens into two",
        "sitting with users for three days and telling us the truth",
        "the icons, which nobody will notice, because they are right",
    ),
    "Finance": (
        "closing the quarter without a single late night",
        "explaining accruals to engineers, patiently",
        "getting the supplier paid before the weekend",
    ),
    "Marketing": (
        "a launch page that says what the thing does",
        "rescuing the webinar when the projector died",
        "the customer story that made us proud",
    ),
}

TAILS = (
    "", "", "", "", ".", ". The whole team noticed", ". It made my week", ". You make it look easy", ". The customer wrote back to say so",
    ". Next coffee is on me", ". I learnt a lot", ", as always", ", and with a smile",
)  # fmt: skip
