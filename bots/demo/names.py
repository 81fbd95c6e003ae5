"""What Quillmoor's people are called, where they sit, and what they do there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Department:
    """`warmth` is how often its people thank, 1.0 being usual. `platforms` are sets of accounts, one drawn for each member."""

    name: str
    title: str
    size: int
    warmth: float
    locations: tuple[str, ...]
    platforms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Role:
    name: str
    department: str
    location: str
    title: str
    locale: str = "en-US"


LOCATIONS = (
    Location("Madrid", "Europe/Madrid"),
    Location("Berlin", "Europe/Berlin"),
    Location("London", "Europe/London"),
    Location("Bengaluru", "Asia/Kolkata"),
    Location("Toronto", "America/Toronto"),
)

_DESK = (("teams", "slack"), ("teams", "slack"), ("teams",), ("teams", "slack", "telegram"))
_FIELD = (("telegram",), ("teams", "telegram"), ("telegram",), ("teams",))
_BUILDERS = (("teams", "slack"), ("slack",), ("teams", "slack"))

DEPARTMENTS = (
    Department("People", "people partner", 8, 1.5, ("Madrid", "London"), _DESK),
    Department("Engineering", "engineer", 58, 0.9, ("Madrid", "Berlin", "Bengaluru"), _BUILDERS),
    Department("Support", "support specialist", 38, 1.8, ("Madrid", "Bengaluru", "Toronto"), _DESK),
    Department("Sales", "account executive", 30, 1.0, ("London", "Toronto", "Madrid"), _DESK),
    Department("Operations", "field technician", 34, 0.7, ("Madrid", "Berlin", "Toronto"), _FIELD),
    Department("Design", "designer", 12, 1.2, ("Berlin", "Madrid"), _BUILDERS),
    Department("Finance", "controller", 12, 0.5, ("Madrid", "London"), _DESK),
    Department("Marketing", "marketer", 8, 1.1, ("London", "Berlin"), _DESK),
)

CAST = (
    Role("Ana García", "People", "Madrid", "head of people"),
    Role("Luis Ortega", "Engineering", "Madrid", "staff engineer"),
    Role("Zoë Müller", "Design", "Berlin", "lead designer"),
    Role("Priya Nair", "Support", "Bengaluru", "support lead"),
    Role("Tom Okafor", "Sales", "London", "sales lead"),
    Role("Lucía Fernández", "Finance", "Madrid", "controller", "es-ES"),
    Role("Mei Lin", "Operations", "Toronto", "field lead"),
)

FIRST = (
    "Aaliyah", "Adam", "Aisha", "Alejandro", "Amara", "Anders", "Anika", "Arjun", "Beatriz", "Ben", "Camille", "Carlos",
    "Chidi", "Clara", "Daniel", "Deepa", "Diego", "Elif", "Elena", "Emeka", "Emma", "Farah", "Felix", "Fatima", "Gabriel",
    "Giulia", "Hana", "Hugo", "Ines", "Ivan", "Jamal", "Jana", "Javier", "Jonas", "Kai", "Karim", "Katya", "Lara", "Leon",
    "Lina", "Marco", "Marta", "Mateo", "Maya", "Mina", "Nadia", "Nico", "Noah", "Nora", "Olga", "Omar", "Paula", "Pedro",
    "Rafael", "Rosa", "Ruth", "Samir", "Sara", "Sofia", "Tariq", "Tomás", "Uma", "Vera", "Victor", "Wen", "Yara", "Yusuf",
)  # fmt: skip
LAST = (
    "Abbas", "Adeyemi", "Almeida", "Andersen", "Bauer", "Becker", "Blanco", "Brandt", "Campos", "Castillo", "Chen", "Costa",
    "Das", "Diallo", "Dubois", "Eriksen", "Esposito", "Farouk", "Fischer", "Fontaine", "Gomes", "Haas", "Haddad", "Hansen",
    "Ibrahim", "Iyer", "Jensen", "Kaur", "Keller", "Khan", "Kim", "Kowalski", "Lang", "Larsen", "Mbeki", "Medina", "Moreau",
    "Navarro", "Novak", "Nowak", "Okoye", "Osei", "Park", "Peña", "Petrov", "Rao", "Reyes", "Ricci", "Rossi", "Santos",
    "Sato", "Schäfer", "Silva", "Singh", "Soto", "Suzuki", "Tanaka", "Torres", "Vargas", "Vega", "Weber", "Yilmaz", "Zhang",
)  # fmt: skip

PLAIN_LETTERS = str.maketrans("áäéëíñóöúü", "aaeeinoouu")
