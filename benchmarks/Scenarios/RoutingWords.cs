namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// Words to put into requests: whoever or whatever is named, the choice of a tier should be as sure as without. No name of a person or product here is in the lists that a model was trained with (<c>training/steward_training/madeup.py</c>), and the
/// letters in a row are drawn anew; forms are shared with these lists: those of most tickets (<c>INC00…</c>, <c>REQ-…</c>, <c>#…</c>), of some machines (<c>node…</c>) and endings of products (<c>… Studio</c>), with numbers of their own.
/// </summary>
internal static class RoutingWords
{
    private static readonly string[] First =
        "Alma Baltasar Cosima Dietlinde Ephraim Fenja Gundula Hakon Ilse Jorinde Kunal Lovisa Merle Norbert Oriana Pinar Quentin Roswitha Siddharth Theresia Ulf Valborg Wiebke Xiomara Yannick Zdenka".Split(' ');

    private static readonly string[] Last =
        "Abendroth Birkhahn Cavallaro Dragomir Eichinger Fagerlund Gonsalves Hrubesch Ibsen Jurgensen Kaczmarek Lindqvist Mbeki Naidoo Obermaier Pettersson Quispe Rautenberg Sepulveda Tshabalala Uzun Vanderlinden Weidmann Yamaguchi Zubiri".Split(' ');

    private static readonly string[] Machines = ["hh-erp-{0}", "SRV-MSK-{0}", "lap{0}", "node{0}.lab", "PRT-EG-{0}", "zrv{0}", "TC-{0}-B", "vdi-pool-{0}"];
    private static readonly string[] Tickets = ["INC00{0}", "REQ-{0}", "CHG00{0}", "#{0}", "DESK-{0}", "RITM00{0}", "WO{0}"];

    private static readonly string[] Products =
        ["Zendora", "Kibrio Vault", "Planwerk 9", "Ticketo", "Omnisight Go", "Fluxbox", "Archivar", "Rundo Mail", "TRX", "Speditor 4", "Lumida", "Personio", "Bitkraft Studio", "QLM", "Wattify", "Stempel24"];

    /// <summary>The kinds of words.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["people", "machines", "tickets", "products", "letters"];

    /// <summary>A request with one more word at its end; another number, another word.</summary>
    public static string PutIn(string text, string kind, int number)
    {
        var found = kind switch
        {
            "people" => (number % 3) switch
            {
                0 => $"for {First[number % First.Length]}",
                1 => $"for {First[number % First.Length]} {Last[number % Last.Length]}",
                _ => $"with {(number % 2 == 0 ? "Mr" : "Ms")} {Last[number % Last.Length]}",
            },
            "machines" => $"on {Numbered(Machines, number)}",
            "tickets" => $"for {Numbered(Tickets, number)}",
            "products" => $"in {Products[number % Products.Length]}",
            _ => $"in {Letters(number)}",
        };
        var end = text.AsSpan().TrimEnd("?.!").Length;
        return $"{text[..end]} {found}{text[end..]}";
    }

    private static string Numbered(string[] forms, int number) => string.Format(System.Globalization.CultureInfo.InvariantCulture, forms[number % forms.Length], 100 + (number * 7919 % 89_900));

    // Four to eleven letters in no order.
    private static string Letters(int number)
    {
        var state = (uint)((number + 1) * 2_654_435_761L);
        return string.Create(4 + (number % 8), state, static (letters, state) =>
        {
            for (var i = 0; i < letters.Length; i++)
            {
                state = (state * 1_664_525) + 1_013_904_223;
                letters[i] = (char)('a' + ((state >> 16) % 26));
            }
        });
    }
}
