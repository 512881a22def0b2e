using System.Globalization;
using System.Text;

namespace Steward.Benchmarks.Measuring;

/// <summary>The Cranfield collection: 1,400 abstracts, 225 queries, and which abstracts answer which query how well.</summary>
/// <param name="Documents">Title and text as one, in their order.</param>
/// <param name="Queries">In their order.</param>
/// <param name="Grades">By query, by the place of the document: 4 for a complete answer down to 1 for one of little interest.</param>
internal sealed record Cranfield(IReadOnlyList<string> Documents, IReadOnlyList<string> Queries, IReadOnlyList<IReadOnlyDictionary<int, int>> Grades)
{
    /// <summary>Reads the three files.</summary>
    public static Cranfield Read(string folder)
    {
        var documents = Records(Path.Combine(folder, "cran.all.1400")).Select(record =>
        {
            var (title, text) = (record.GetValueOrDefault('T', ""), record.GetValueOrDefault('W', ""));
            return $"{title} {(text.StartsWith(title, StringComparison.Ordinal) ? text[title.Length..].Trim() : text)}".Trim();
        }).ToList();
        var queries = Records(Path.Combine(folder, "cran.qry")).Select(record => record.GetValueOrDefault('W', "")).ToList();
        var grades = queries.Select(_ => new Dictionary<int, int>()).ToList();
        foreach (var line in File.ReadLines(Path.Combine(folder, "cranqrel")))
        {
            // Queries are counted from one here, whatever numbers they have in their own file. -1 is the paper that the question came from.
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var query, var document, var code])
            {
                grades[Number(query) - 1][Number(document) - 1] = Number(code) switch { 1 or -1 => 4, 2 => 3, 3 => 2, 4 => 1, _ => 0 };
            }
        }

        return new Cranfield(documents, queries, grades);
    }

    /// <summary>nDCG with linear gain: 1 is the best order that there is.</summary>
    /// <param name="ranked">Places of documents, best first.</param>
    /// <param name="grades">Those of the query.</param>
    /// <param name="depth">How many count.</param>
    public static double Ndcg(IEnumerable<int> ranked, IReadOnlyDictionary<int, int> grades, int depth)
    {
        var best = Gain(grades.Values.OrderDescending());
        return best == 0 ? 0 : Gain(ranked.Select(document => grades.GetValueOrDefault(document))) / best;

        double Gain(IEnumerable<int> inOrder) => inOrder.Take(depth).Index().Sum(one => one.Item / Math.Log2(one.Index + 2));
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static List<Dictionary<char, string>> Records(string file)
    {
        var records = new List<Dictionary<char, StringBuilder>>();
        char? field = null;
        foreach (var line in File.ReadLines(file))
        {
            if (line.StartsWith(".I", StringComparison.Ordinal))
            {
                records.Add([]);
                field = null;
            }
            else if (line.Trim() is ['.', >= 'A' and <= 'Z' and var name])
            {
                field = name;
                records[^1].TryAdd(name, new StringBuilder());
            }
            else if (field is { } at)
            {
                records[^1][at].Append(' ').Append(line.Trim());
            }
        }

        return records.ConvertAll(record => record.ToDictionary(pair => pair.Key, pair => pair.Value.ToString().Trim()));
    }
}
