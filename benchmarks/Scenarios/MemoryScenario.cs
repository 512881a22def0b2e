using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Memory.Recall;
using Steward.Engines.Retrieval.Text;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench memory</c>: how much of what a question rests on is recalled from long conversations, beside plain BM25; how long recall takes among 100,000 entries; how near the scan of vectors comes to the machine's memory bandwidth.</summary>
internal static class MemoryScenario
{
    // Those of the data set that name turns; 5 asks for what was never said.
    private static readonly Dictionary<int, string> Categories = new() { [1] = "multi-hop", [2] = "temporal", [3] = "open-domain", [4] = "single-hop", [5] = "adversarial" };

    public static Command Create()
    {
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var folder = new Option<string>("--folder") { Description = "Folder with LoCoMo's conversations.", DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "locomo") };
        var entries = new Option<int>("--entries") { Description = "Entries of the second part; 0 leaves it out.", DefaultValueFactory = _ => 100_000 };
        var command = new Command("memory", "What is recalled of long conversations, and how fast.") { folder, entries, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(folder), parsed.GetValue(entries), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string folder, int entries, bool check, string? json, CancellationToken cancellationToken)
    {
        var conversations = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Conversation.Read).ToList() : [];
        if (conversations.Count == 0)
        {
            await Console.Error.WriteLineAsync($"There are no conversations in {folder}; name another folder with --folder.");
            return 1;
        }

        Console.Out.WriteLine(Machine.Read());
        Console.Out.WriteLine($"{conversations.Count} conversations, {conversations.Sum(conversation => conversation.Turns.Count)} turns, {conversations.Sum(conversation => conversation.Questions.Count)} questions; shares of the turns that a question rests on, among 5 and among 20");
        var plain = Evaluate(conversations, Plain);
        var recall = Evaluate(conversations, Recall);
        foreach (var (category, name) in Categories.Prepend(new(0, "all")))
        {
            Console.Out.WriteLine($"{name,-12} {recall[category].Questions,5} questions   words alone {plain[category].At5:0.000} {plain[category].At20:0.000}   recall {recall[category].At5:0.000} {recall[category].At20:0.000}");
        }

        Console.Out.WriteLine($"a recall      p50 {recall[0].P50Milliseconds:0.00} ms  p99 {recall[0].P99Milliseconds:0.00} ms in conversations of about {conversations.Average(conversation => conversation.Turns.Count):0} turns");
        var scan = entries > 0 ? MemoryScan.Run(entries, 256, cancellationToken) : null;
        if (scan is not null)
        {
            Console.Out.WriteLine($"{entries} entries  recall p50 {scan.RecallP50Milliseconds:0.00} ms  p99 {scan.RecallP99Milliseconds:0.00} ms  max {scan.RecallMaxMilliseconds:0.00} ms  {scan.RecallKibibytes:0} KiB allocated; {scan.RecallAt10:0.0000} of the ten nearest by exact floats; {scan.BytesPerEntry:0} bytes a vector");
            Console.Out.WriteLine($"  scan ({scan.Kernel}) p50 {scan.ScanP50Milliseconds:0.00} ms; of far more than the caches hold {scan.ScanGigabytesPerSecond:0.0} GB/s, {scan.ScanShare:P0} of the {scan.ReadGigabytesPerSecond:0.0} GB/s that one thread reads here of as many bytes");
        }

        var targets = new List<Target>
        {
            new("multi-hop turns among 20", recall[1].At20, "", 0.55, AtLeast: true),
        };
        targets.AddRange(Categories.Select(category => new Target($"{category.Value} turns among 20, against words alone", recall[category.Key].At20 - plain[category.Key].At20, "", 0.0001, AtLeast: true)));
        if (scan is not null)
        {
            targets.Add(new("recall among all entries, p99", scan.RecallP99Milliseconds, "ms", 5, AtLeast: false));
            targets.Add(new("ten nearest, against exact floats", scan.RecallAt10, "", 0.98, AtLeast: true));
            targets.Add(new("scan against memory bandwidth", scan.ScanShare, "", 0.8, AtLeast: true));
        }

        var result = new MemoryResult(Machine.Read(), TimeProvider.System.GetUtcNow(), $"steward bench memory --entries {entries}",
            "LoCoMo, measured only: each conversation's turns are one index; a question counts by the share of its evidence turns among the first 5 and 20. Words alone is BM25 over the turns' texts with the same terms. "
            + "Second part: clustered random vectors of 256 dimensions with texts of a Zipf vocabulary; a recall is words, vectors, fusion and choice.",
            Named(plain), Named(recall), scan);
        return await ResultOptions.FinishAsync(result, targets, check, json, cancellationToken);
    }

    private static Dictionary<string, Recalls> Named(Dictionary<int, Recalls> recalls) => recalls.ToDictionary(pair => pair.Key == 0 ? "all" : Categories[pair.Key], pair => pair.Value);

    private static Func<string, IReadOnlyList<string>> Plain(Conversation conversation)
    {
        var index = new TextIndex();
        for (var i = 0; i < conversation.Turns.Count; i++)
        {
            index.Set(i, TextAnalyzer.Terms(conversation.Turns[i].Text));
        }

        return question => [.. index.Score(TextAnalyzer.Terms(question).GroupBy(term => term).ToDictionary(group => group.Key, group => (float)group.Count())).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(20).Select(pair => conversation.Turns[(int)pair.Key].Id)];
    }

    private static Func<string, IReadOnlyList<string>> Recall(Conversation conversation)
    {
        var index = new RecallIndex();
        for (var i = 0; i < conversation.Turns.Count; i++)
        {
            var turn = conversation.Turns[i];
            index.Set(new RecallEntry { Id = i, Text = turn.Shown is null ? turn.Text : $"{turn.Text} {turn.Shown}", Subject = turn.Speaker, Group = turn.Session, Position = i });
        }

        return question => [.. index.Recall(new RecallQuery { Text = question, Top = 20 }).Select(recalled => conversation.Turns[(int)recalled.Entry.Id].Id)];
    }

    private static Dictionary<int, Recalls> Evaluate(List<Conversation> conversations, Func<Conversation, Func<string, IReadOnlyList<string>>> prepare)
    {
        var found = Categories.Keys.Append(0).ToDictionary(category => category, _ => (Count: 0, At5: 0.0, At20: 0.0));
        var times = new List<double>();
        foreach (var conversation in conversations)
        {
            var ask = prepare(conversation);
            foreach (var question in conversation.Questions)
            {
                var started = Stopwatch.GetTimestamp();
                var turns = ask(question.Text);
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                foreach (var category in new[] { question.Category, 0 })
                {
                    var (count, at5, at20) = found[category];
                    found[category] = (count + 1, at5 + Share(question, turns.Take(5)), at20 + Share(question, turns));
                }
            }
        }

        times.Sort();
        return found.ToDictionary(pair => pair.Key, pair => new Recalls(pair.Value.Count, pair.Value.At5 / Math.Max(1, pair.Value.Count), pair.Value.At20 / Math.Max(1, pair.Value.Count), times[times.Count / 2], times[times.Count * 99 / 100]));
    }

    private static double Share(Question question, IEnumerable<string> turns) => (double)question.Evidence.Intersect(turns, StringComparer.Ordinal).Count() / question.Evidence.Count;

    private sealed record Turn(string Id, string Session, string Speaker, string Text, string? Shown);

    private sealed record Question(string Text, int Category, IReadOnlyList<string> Evidence);

    private sealed record Conversation(IReadOnlyList<Turn> Turns, IReadOnlyList<Question> Questions)
    {
        public static Conversation Read(string file)
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            var root = document.RootElement;
            var turns = root.EnumerateObject()
                .Where(property => property.Name.StartsWith("session_", StringComparison.Ordinal) && property.Value.ValueKind == JsonValueKind.Array)
                .OrderBy(property => int.Parse(property.Name.AsSpan("session_".Length)))
                .SelectMany(session => session.Value.EnumerateArray().Select(turn => new Turn(
                    turn.GetProperty("dia_id").GetString()!,
                    session.Name,
                    turn.GetProperty("speaker").GetString()!,
                    turn.GetProperty("text").GetString()!,
                    turn.TryGetProperty("blip_caption", out var caption) ? caption.GetString() : null)))
                .ToList();
            var known = turns.Select(turn => turn.Id).ToHashSet(StringComparer.Ordinal);
            var questions = root.GetProperty("qa").EnumerateArray()
                .Select(question => new Question(
                    question.GetProperty("question").GetString()!,
                    question.GetProperty("category").GetInt32(),
                    question.TryGetProperty("evidence", out var evidence) ? [.. evidence.EnumerateArray().Select(id => id.GetString()!).Where(known.Contains).Distinct()] : []))
                .Where(question => question.Evidence.Count > 0)
                .ToList();
            return new Conversation(turns, questions);
        }
    }

    private sealed record Recalls(int Questions, double At5, double At20, double P50Milliseconds, double P99Milliseconds);

    private sealed record MemoryResult(Machine Machine, DateTimeOffset At, string Command, string Method, IReadOnlyDictionary<string, Recalls> WordsAlone, IReadOnlyDictionary<string, Recalls> Recall, MemoryScanResult? Scan);
}
