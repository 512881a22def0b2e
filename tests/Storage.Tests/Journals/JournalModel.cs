using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Steward.Storage.Journals;

namespace Steward.Storage.Tests.Journals;

/// <summary>A journal store in memory that is too simple to be wrong, and random operations that both must answer alike.</summary>
internal sealed class JournalModel
{
    private static readonly string[] Names = ["r-1", "R-1", "r-01", "r-\uFF5E", "r-\U0001F9EA", "s"];
    private static readonly string[] Ids = ["op-1", "OP-1", "op-2"];

    private readonly Dictionary<string, State> _journals = new(StringComparer.Ordinal);

    private enum Which
    {
        Open,
        Due,
        Closed,
    }

    public abstract record Operation
    {
        public sealed record Append(int Journal, int SequenceError, int[] Ids, bool? Open, int? Wake, int Minute) : Operation;

        public sealed record Purge(int Journal, int SequenceError, int Id, int Minute, bool KeepsWake) : Operation;

        public sealed record Read(int Journal, int After, int Limit) : Operation;

        public sealed record Tail(int Journal, int Limit) : Operation;

        public sealed record Find(int Journal, int Id) : Operation;

        public sealed record List(int Which, int Prefix, int? After, int Minute, int Limit) : Operation;
    }

    public static async Task CheckAsync(IJournalStore store)
    {
        var property = Prop.ForAll(Arb.From(Operations(), Shrink), operations => AgreeAsync(store, operations));
        // Not on the test runner's own threads, which the property would block.
        await Task.Run(() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(40), property));
    }

    private static IEnumerable<Operation[]> Shrink(Operation[] operations) =>
        Enumerable.Range(0, operations.Length).Select(skipped => operations.Where((_, i) => i != skipped).ToArray());

    private static Gen<Operation[]> Operations()
    {
        var journal = Gen.Choose(0, Names.Length - 1);
        var minute = Gen.Choose(0, 5);
        var append =
            from name in journal
            from error in Gen.Frequency((6, Gen.Constant(0)), (1, Gen.Choose(-2, 2)))
            from count in Gen.Choose(1, 3)
            from ids in Gen.ArrayOf(Gen.Frequency((4, Gen.Constant(-1)), (1, Gen.Choose(0, Ids.Length - 1))), count)
            from open in Gen.Elements<bool?>(null, true, true, false)
            from wake in Gen.Frequency((4, Gen.Constant((int?)null)), (1, Gen.Constant((int?)-1)), (1, minute.Select(at => (int?)at)))
            from at in minute
            select (Operation)new Operation.Append(name, error, ids, open, wake, at);
        var purge =
            from name in journal
            from error in Gen.Frequency((6, Gen.Constant(0)), (1, Gen.Choose(-1, 1)))
            from id in Gen.Choose(-2, Ids.Length - 1)
            from at in minute
            from keepsWake in Gen.Elements(true, false)
            select (Operation)new Operation.Purge(name, error, id, at, keepsWake);
        var read = from name in journal from after in Gen.Choose(0, 12) from limit in Gen.Choose(1, 6) select (Operation)new Operation.Read(name, after, limit);
        var tail = from name in journal from limit in Gen.Choose(1, 6) select (Operation)new Operation.Tail(name, limit);
        var find = from name in journal from id in Gen.Choose(0, Ids.Length - 1) select (Operation)new Operation.Find(name, id);
        var list =
            from which in Gen.Choose(0, 2)
            from prefix in Gen.Choose(0, 3)
            from after in Gen.Frequency((1, Gen.Constant((int?)null)), (1, journal.Select(name => (int?)name)))
            from at in minute
            from limit in Gen.Choose(1, 6)
            select (Operation)new Operation.List(which, prefix, after, at, limit);
        return Gen.ArrayOf(Gen.Frequency((8, append), (2, purge), (2, read), (1, tail), (1, find), (4, list)));
    }

    private static async Task<bool> AgreeAsync(IJournalStore store, Operation[] operations)
    {
        var tenant = $"t-{Guid.NewGuid():n}/";
        var model = new JournalModel();
        foreach (var operation in operations)
        {
            var (expected, actual) = operation switch
            {
                Operation.Append append => await AppendAsync(store, model, tenant, append),
                Operation.Purge purge => await PurgeAsync(store, model, tenant, purge),
                Operation.Read read => (
                    Show(model.Entries(tenant + Names[read.Journal]).Where(entry => entry.Sequence > read.After).Take(read.Limit)),
                    Show(await store.ReadAsync(tenant + Names[read.Journal], read.After, read.Limit))),
                Operation.Tail tail => (
                    Show(model.Entries(tenant + Names[tail.Journal]).TakeLast(tail.Limit)),
                    Show(await store.ReadTailAsync(tenant + Names[tail.Journal], tail.Limit))),
                Operation.Find find => (
                    Show(model.Entries(tenant + Names[find.Journal]).Where(entry => entry.DeduplicationId == Ids[find.Id])),
                    Show(await store.FindAsync(tenant + Names[find.Journal], Ids[find.Id]) is { } found ? [found] : [])),
                Operation.List list => await ListAsync(store, model, tenant, list),
                _ => throw new InvalidOperationException(),
            };
            if (expected != actual)
            {
                throw new InvalidOperationException($"{operation}: expected {expected}, got {actual}");
            }
        }

        foreach (var name in Names)
        {
            var head = await store.GetHeadAsync(tenant + name);
            if (head != model.Head(tenant + name))
            {
                throw new InvalidOperationException($"Head of {name}: expected {model.Head(tenant + name)}, got {head}");
            }
        }

        return true;
    }

    private static async Task<(string Expected, string Actual)> AppendAsync(IJournalStore store, JournalModel model, string tenant, Operation.Append operation)
    {
        var journal = tenant + Names[operation.Journal];
        var append = new JournalAppend
        {
            Journal = journal,
            ExpectedSequence = Math.Max(0, model.Sequence(journal) + operation.SequenceError),
            Open = operation.Open,
            Wake = operation.Wake is { } wake ? wake < 0 ? JournalWake.Never : new JournalWake(DateTimeOffset.UnixEpoch.AddMinutes(wake)) : null,
            Records =
            [
                .. operation.Ids.Select((id, i) => new JournalRecord
                {
                    Type = $"type-{i}",
                    Payload = Encoding.UTF8.GetBytes($"{operation}/{i}"),
                    At = DateTimeOffset.UnixEpoch.AddMinutes(operation.Minute + i),
                    DeduplicationId = id < 0 || Array.IndexOf(operation.Ids, id) < i ? null : Ids[id],
                }),
            ],
        };
        return (Show(model.Append(append)), Show(await store.AppendAsync(append)));
    }

    private static async Task<(string Expected, string Actual)> PurgeAsync(IJournalStore store, JournalModel model, string tenant, Operation.Purge operation)
    {
        var journal = tenant + Names[operation.Journal];
        var purge = new JournalPurge
        {
            Journal = journal,
            ThroughSequence = Math.Max(1, model.Sequence(journal) + operation.SequenceError),
            KeepsWake = operation.KeepsWake,
            Receipt = new JournalRecord
            {
                Type = "receipt",
                Payload = Encoding.UTF8.GetBytes(operation.ToString()),
                At = DateTimeOffset.UnixEpoch.AddMinutes(operation.Minute),
                DeduplicationId = operation.Id < 0 ? null : Ids[operation.Id],
            },
        };
        return (Show(model.Purge(purge)), Show(await store.PurgeAsync(purge)));
    }

    private static async Task<(string Expected, string Actual)> ListAsync(IJournalStore store, JournalModel model, string tenant, Operation.List operation)
    {
        var prefix = tenant + new[] { "", "r-", "r-1", "r-\uFF5E" }[operation.Prefix];
        var after = operation.After is { } name ? tenant + Names[name] : null;
        var before = DateTimeOffset.UnixEpoch.AddMinutes(operation.Minute);
        var which = (Which)operation.Which;
        var expected = model._journals
            .Where(pair => which switch
            {
                Which.Open => pair.Value.Open && pair.Value.Touched <= before,
                Which.Due => pair.Value.Wake <= before,
                _ => pair.Value is { Open: false, Wake: null, Purged: false } && pair.Value.Touched <= before,
            })
            .Select(pair => model.Head(pair.Key))
            .OfType<JournalHead>()
            .Where(head => head.Journal.StartsWith(prefix, StringComparison.Ordinal))
            .Where(head => after is null || Order(head.Journal, after) > 0)
            .Order(Comparer<JournalHead>.Create((left, right) => Order(left.Journal, right.Journal)))
            .Take(operation.Limit);
        var actual = which switch
        {
            Which.Open => await store.ListOpenAsync(prefix, before, operation.Limit, after),
            Which.Due => await store.ListDueAsync(prefix, before, operation.Limit, after),
            _ => await store.ListClosedAsync(prefix, before, operation.Limit, after),
        };
        return (string.Join(", ", expected), string.Join(", ", actual));

        static int Order(string left, string right) => Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));
    }

    private static string Show(JournalAppendResult result) => result is JournalDuplicate duplicate ? $"duplicate {Show([duplicate.Existing])}" : result.ToString();

    private static string Show(IEnumerable<JournalEntry> entries) => string.Join(", ", entries.Select(static entry =>
        $"{entry.Sequence} {entry.Type} {entry.At:O} {entry.DeduplicationId} {Encoding.UTF8.GetString(entry.Payload.Span)}"));

    private List<JournalEntry> Entries(string journal) => _journals.TryGetValue(journal, out var state) ? state.Entries : [];

    private long Sequence(string journal) => _journals.TryGetValue(journal, out var state) ? state.Sequence : 0;

    private JournalHead? Head(string journal) =>
        _journals.TryGetValue(journal, out var state) ? new JournalHead(journal, state.Sequence, state.Open, state.Touched, state.Wake) : null;

    private JournalDuplicate? Duplicate(string journal, IEnumerable<JournalRecord> records) => records
        .Where(record => record.DeduplicationId is not null)
        .Select(record => Entries(journal).Find(entry => entry.DeduplicationId == record.DeduplicationId))
        .OfType<JournalEntry>()
        .Select(existing => new JournalDuplicate(existing))
        .FirstOrDefault();

    private JournalAppendResult Append(JournalAppend append)
    {
        if (Duplicate(append.Journal, append.Records) is { } duplicate)
        {
            return duplicate;
        }

        if (append.ExpectedSequence != Sequence(append.Journal))
        {
            return new JournalConflict(Sequence(append.Journal));
        }

        if (!_journals.TryGetValue(append.Journal, out var state))
        {
            _journals.Add(append.Journal, state = new State());
        }

        foreach (var record in append.Records)
        {
            state.Add(record);
        }

        state.Open = append.Open ?? state.Open;
        state.Wake = append.Wake is { } wake ? wake.At : state.Wake;
        state.Purged = false;
        return new JournalAppended(state.Sequence);
    }

    private JournalAppendResult Purge(JournalPurge purge)
    {
        if (Duplicate(purge.Journal, [purge.Receipt]) is { } duplicate)
        {
            return duplicate;
        }

        if (!_journals.TryGetValue(purge.Journal, out var state) || state.Sequence != purge.ThroughSequence || state.Open || (state.Wake is not null && !purge.KeepsWake))
        {
            return new JournalConflict(Sequence(purge.Journal));
        }

        state.Entries = [.. state.Entries.Where(entry => entry.DeduplicationId is not null).Select(entry => entry with { Payload = default })];
        state.Add(purge.Receipt);
        state.Purged = true;
        return new JournalAppended(state.Sequence);
    }

    private sealed class State
    {
        public List<JournalEntry> Entries { get; set; } = [];

        public long Sequence { get; private set; }

        public DateTimeOffset Touched { get; private set; }

        public bool Open { get; set; }

        public DateTimeOffset? Wake { get; set; }

        public bool Purged { get; set; }

        public void Add(JournalRecord record)
        {
            Entries.Add(new JournalEntry
            {
                Sequence = ++Sequence,
                Type = record.Type,
                Payload = record.Payload,
                At = record.At,
                DeduplicationId = record.DeduplicationId,
            });
            Touched = record.At;
        }
    }
}
