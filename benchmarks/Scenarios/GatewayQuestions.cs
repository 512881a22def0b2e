namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// The questions of <c>bench gateway</c>: what people ask an IT desk, by the templates of <c>bench routing</c> that nothing was made with, 70 % simple, 25 % middling and 5 % hard ones. Each is about a person whom no other one is about, so that no
/// cache and no memory of an earlier look knows it.
/// </summary>
internal sealed class GatewayQuestions
{
    private const long PeopleOfAPhase = 400_000;

    // A prime that divides none of the lengths.
    private const long Step = 1_299_709;

    private static readonly string[] Phases = ["warm", "settle", "whole", "stream", "load"];

    private static readonly string[] FirstNames =
    [
        "Ada", "Ahmed", "Aiko", "Alice", "Amara", "Ana", "Andrew", "Anna", "Arjun", "Barbara", "Ben", "Carlos", "Carmen", "Chloe", "Daniel", "David", "Diana", "Elena", "Emil", "Emma", "Erik", "Fatima", "Felix", "Grace", "Hannah", "Hugo",
        "Ibrahim", "Ines", "Ivan", "Jack", "James", "Jan", "Julia", "Karin", "Kofi", "Laura", "Lena", "Leo", "Lin", "Lucas", "Maria", "Marta", "Mei", "Michael", "Mohammed", "Nadia", "Nina", "Noah", "Olga", "Omar", "Oscar", "Paul", "Peter",
        "Priya", "Rachel", "Robert", "Rosa", "Samuel", "Sara", "Sofia", "Thomas", "Victor", "Wei", "Yusuf",
    ];

    private static readonly string[] LastNames =
    [
        "Adams", "Ali", "Andersson", "Baker", "Bauer", "Becker", "Bianchi", "Brown", "Chen", "Clark", "Costa", "Davies", "Diaz", "Dubois", "Evans", "Ferrari", "Fischer", "Garcia", "Green", "Gupta", "Hall", "Hansen", "Harris", "Hill", "Hoffmann",
        "Ivanova", "Jackson", "Jansen", "Johnson", "Jones", "Kaya", "Khan", "Kim", "King", "Klein", "Kowalski", "Kumar", "Larsen", "Lee", "Lopez", "Martin", "Meyer", "Miller", "Moore", "Moreau", "Nakamura", "Nguyen", "Novak", "Okafor",
        "Patel", "Petrov", "Pereira", "Richter", "Roberts", "Rossi", "Sato", "Schmidt", "Silva", "Singh", "Smith", "Tanaka", "Taylor", "Walker", "Weber", "Wilson", "Wright", "Young",
    ];

    private static readonly string[] Departments =
    [
        "Finance", "Sales", "Marketing", "Legal", "Facilities", "Research", "Logistics", "Procurement", "Engineering", "Support", "Operations", "Communications", "Treasury", "Quality", "Training", "Security", "Payroll", "Planning", "Audit",
    ];

    private readonly IReadOnlyList<string>[] _byKind;

    private GatewayQuestions(IReadOnlyList<string>[] byKind) => _byKind = byKind;

    /// <summary>How many questions there are before the word is put in.</summary>
    public int Wordings => _byKind.Sum(kind => kind.Count);

    /// <summary>Reads the templates.</summary>
    public static GatewayQuestions Read(string file)
    {
        var heldOut = RoutingRequests.Read(file).Where(request => request.IsHeldOut).ToList();
        return new GatewayQuestions([.. Enumerable.Range(0, 3).Select(kind => (IReadOnlyList<string>)[.. heldOut.Where(request => request.Needs == kind).Select(request => request.Text)])]);
    }

    /// <summary>The question of a number; another phase has other ones.</summary>
    /// <param name="phase">One of <see cref="Phases"/>.</param>
    /// <param name="number">From 0, below 400,000.</param>
    public string Of(string phase, int number)
    {
        // Seven and twenty have no common divisor: the kinds come mixed.
        var kind = _byKind[(number * 7 % 20) switch { < 14 => 0, < 19 => 1, _ => 2 }];
        var text = kind[number / 20 % kind.Count];
        var end = text.AsSpan().TrimEnd("?.!").Length;
        return $"{text[..end]} for {Person(((long)Array.IndexOf(Phases, phase) * PeopleOfAPhase) + number)}{text[end..]}";
    }

    // Every number gives another one. Neighbours differ in all parts.
    private static string Person(long number)
    {
        var mixed = number * Step % ((long)FirstNames.Length * 26 * LastNames.Length * Departments.Length);
        var first = FirstNames[mixed % FirstNames.Length];
        mixed /= FirstNames.Length;
        var middle = (char)('A' + (mixed % 26));
        mixed /= 26;
        return $"{first} {middle}. {LastNames[mixed % LastNames.Length]} in {Departments[mixed / LastNames.Length]}";
    }
}
