namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// The questions of <c>bench gateway</c>: what people ask an IT desk, by the templates of <c>bench routing</c> that nothing was made with, 70 % simple, 25 % middling and 5 % hard ones. Each has a word that no other one has, so that no cache and
/// no memory of an earlier look knows it.
/// </summary>
internal sealed class GatewayQuestions
{
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
    public string Of(string phase, int number)
    {
        // Seven and twenty have no common divisor: the kinds come mixed.
        var kind = _byKind[(number * 7 % 20) switch { < 14 => 0, < 19 => 1, _ => 2 }];
        var text = kind[number / 20 % kind.Count];
        var end = text.AsSpan().TrimEnd("?.!").Length;
        return $"{text[..end]} in {phase}{Word(number)}{text[end..]}";
    }

    // Letters instead of digits: a number would make another kind of question of it.
    private static string Word(int number) => string.Create(8, number, static (letters, rest) =>
    {
        for (var i = letters.Length - 1; i >= 0; i--, rest /= 26)
        {
            letters[i] = (char)('a' + (rest % 26));
        }
    });
}
