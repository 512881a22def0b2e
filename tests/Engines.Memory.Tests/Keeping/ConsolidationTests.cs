using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Memory.Facts;
using Steward.Engines.Memory.Keeping;

namespace Steward.Engines.Memory.Tests.Keeping;

public class ConsolidationTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Plan_RetentionOfAKind_TakesOnlyThatKindAndCountsFromTheLastUse()
    {
        var rules = new KeepingRules { RetentionDays = new Dictionary<MemoryKind, int> { [MemoryKind.Fact] = 30 } };
        var plan = Consolidation.Plan(
            [Fact(1, "office", "Berlin", daysAgo: 31), Fact(2, "desk", "4.12", daysAgo: 31) with { LastUsed = Now.AddDays(-10) }, Fact(3, "likes", "tea", daysAgo: 31, kind: MemoryKind.Preference)], rules, Now);

        Assert.Equal([new RemovedFact(1, "retention")], plan.Removed);
        Assert.Equal(Now.AddDays(20), plan.NextAt);
    }

    [Fact]
    public void Plan_ConstraintThatIsOld_NeverFades()
    {
        var plan = Consolidation.Plan([Fact(1, "allergy", "nuts", daysAgo: 20_000, kind: MemoryKind.Constraint), Fact(2, "likes", "tea", daysAgo: 20_000, kind: MemoryKind.Preference)], new KeepingRules(), Now);

        Assert.Equal([new RemovedFact(2, "faded")], plan.Removed);
        Assert.Null(plan.NextAt);
    }

    [Fact]
    public void Plan_SupersededForLong_GoesAndTheOthersStay()
    {
        var old = Fact(1, "office", "Berlin", daysAgo: 200) with { SupersededBy = 2, ValidTo = Now.AddDays(-91) };
        var plan = Consolidation.Plan([old, Fact(2, "office", "Paris", daysAgo: 91)], new KeepingRules(), Now);

        Assert.Equal([new RemovedFact(1, "superseded")], plan.Removed);
    }

    [Fact]
    public void Plan_SupersededOfAKindWithRetention_GoesWithTheShorterOne()
    {
        var rules = new KeepingRules { RetentionDays = new Dictionary<MemoryKind, int> { [MemoryKind.Fact] = 30 } };
        var old = Fact(1, "office", "Berlin", daysAgo: 31) with { SupersededBy = 2, ValidTo = Now.AddDays(-1) };
        var lately = Fact(3, "desk", "1", daysAgo: 29) with { SupersededBy = 4, ValidTo = Now.AddDays(-1) };
        var plan = Consolidation.Plan([old, lately, Fact(2, "office", "Paris", daysAgo: 1)], rules, Now);

        Assert.Equal([new RemovedFact(1, "retention")], plan.Removed);
        Assert.Equal(Now.AddDays(1), plan.NextAt);
    }

    [Fact]
    public void Plan_SameInOtherWords_IsMergedIntoTheFirst()
    {
        var plan = Consolidation.Plan([Fact(1, "office", "Berlin", 1), Fact(2, "office", "the Berlin office", 1), Fact(3, "home", "Berlin", 1)], new KeepingRules(), Now);

        Assert.Equal([new MergedFact(1, 2)], plan.Merged);
    }

    [Fact]
    public void Plan_AppliedAndPlannedAgain_FindsNothingToDo() => Prop.ForAll(Ledgers.ToArbitrary(), facts =>
    {
        var ledger = new FactLedger(facts);
        var plan = Consolidation.Plan(ledger.Facts, new KeepingRules(), Now);
        foreach (var merged in plan.Merged)
        {
            ledger.Merge(merged.Into, merged.From);
        }

        foreach (var removed in plan.Removed)
        {
            ledger.Forget(removed.Id);
        }

        var again = Consolidation.Plan(ledger.Facts, new KeepingRules(), Now);
        return !again.IsNeeded && (again.NextAt is null || again.NextAt > Now) && ledger.Facts.All(fact => fact.SupersededBy is null or 0 || plan.Removed.Count > 0 || ledger.Facts.Any(by => by.Id == fact.SupersededBy));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void MarkOf_SameWordsInAnyOrder_IsTheSameAndOtherSaltsAreOthers()
    {
        byte[] salt = [1, 2, 3];
        var mark = Tombstone.MarkOf(salt, "self", "office", "the Berlin office");

        Assert.Equal(mark, Tombstone.MarkOf(salt, "self", "office", "office the berlin"));
        Assert.NotEqual(mark, Tombstone.MarkOf([9], "self", "office", "the Berlin office"));
        Assert.NotEqual(mark, Tombstone.MarkOf(salt, "self", "home", "the Berlin office"));
        Assert.NotEqual(mark, Tombstone.MarkOf(salt, "self", "office", "Paris"));
    }

    private static Gen<List<MemoryFact>> Ledgers { get; } =
        from facts in (from slot in Gen.Elements("office", "likes", "allergy")
                       from value in Gen.Elements("Berlin", "berlin office", "Paris", "nuts")
                       from days in Gen.Choose(0, 1500)
                       select (slot, value, days)).ListOf()
        select facts.Select((fact, i) => Fact(i + 1, fact.slot, fact.value, fact.days, fact.slot == "allergy" ? MemoryKind.Constraint : MemoryKind.Fact)).ToList();

    private static MemoryFact Fact(long id, string slot, string value, int daysAgo, MemoryKind kind = MemoryKind.Fact) => new()
    {
        Id = id,
        Kind = kind,
        Subject = "self",
        Slot = slot,
        Value = value,
        Source = FactSource.Said,
        MessageIds = [$"m{id}"],
        Confidence = 0.9,
        ValidFrom = Now.AddDays(-daysAgo),
        RecordedAt = Now.AddDays(-daysAgo),
    };
}
