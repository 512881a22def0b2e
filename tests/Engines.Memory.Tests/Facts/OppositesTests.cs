using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;

namespace Steward.Engines.Memory.Tests.Facts;

public class OppositesTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    private readonly FactLedger _ledger = new();

    [Fact]
    public void Plan_TheOppositeIsSaidLater_TakesItBack()
    {
        Say("likes", "early meetings", 0);
        Say("likes", "coffee", 1);

        Assert.Equal(2, Say("dislikes", "early meetings", 2).Count);

        AssertCurrent(("likes", "coffee"), ("dislikes", "early meetings"));
        Say("likes", "Early Meetings", 3);
        AssertCurrent(("likes", "coffee"), ("likes", "Early Meetings"));
    }

    [Fact]
    public void Plan_SaidLateOfAnEarlierTime_IsKnownAndDoesNotHold()
    {
        Say("dislikes", "early meetings", 4);
        Say("likes", "early meetings", 1);

        AssertCurrent(("dislikes", "early meetings"));
        var late = _ledger.Facts.Single(fact => fact.Slot == "likes");
        Assert.Equal((Start.AddMinutes(1), Start.AddMinutes(4)), (late.ValidFrom, late.ValidTo));
    }

    [Fact]
    public void Plan_SaidByWhoIsTrustedLess_IsKnownAndDoesNotHold()
    {
        Say("dislikes", "early meetings", 1);
        Say("likes", "early meetings", 4, FactSource.System);

        AssertCurrent(("dislikes", "early meetings"));
        Assert.Equal(2, _ledger.Facts.Count);
    }

    [Fact]
    public void Plan_TheRetractionWasLost_IsPlannedAgain()
    {
        Say("dislikes", "early meetings", 4);
        _ledger.Apply(Of("likes", "early meetings"), "m1", FactSource.Said, Start.AddMinutes(1), Start.AddMinutes(1));

        Say("likes", "early meetings", 1);

        AssertCurrent(("dislikes", "early meetings"));
    }

    [Fact]
    public void Plan_BothInOneMessage_TheLastHolds()
    {
        _ledger.Say([Of("likes", "tea"), Of("dislikes", "tea"), Of("likes", "cake")], "m0", FactSource.Said, Start);

        AssertCurrent(("dislikes", "tea"), ("likes", "cake"));
    }

    [Fact]
    public void Plan_NothingOpposite_IsWhatWasSaid()
    {
        Say("likes", "tea", 0);
        IReadOnlyList<Statement> said = [Of("dislikes", "coffee"), Of("likes", "tea") with { IsRetraction = true }, Of("dislikes", "tea") with { Subject = "Anna" }];

        var plan = Opposites.Plan(_ledger.Facts, said, "m1", FactSource.Said, Start.AddMinutes(1));

        Assert.Equal(said, plan.First);
        Assert.Empty(plan.Then);
    }

    [Fact]
    public void Against_AValueThatIsDisliked_TakesThatBackWheneverItWasSaid()
    {
        Say("likes", "tea", 0);
        Say("dislikes", "coffee", 9);

        var (statements, at) = Opposites.Against(_ledger.Facts, _ledger.Facts[0], "coffee", Start.AddMinutes(5));

        Assert.Equal(("dislikes", "coffee", true, Start.AddMinutes(9)), (Assert.Single(statements).Slot, statements[0].Value, statements[0].IsRetraction, at));
        Assert.Empty(Opposites.Against(_ledger.Facts, _ledger.Facts[0], "cocoa", Start).Statements);
    }

    // Whatever is said in whichever order by whomever: nobody likes and dislikes the same, and nothing that was said is lost.
    [Fact]
    public void Plan_AnyStatements_NeverHoldsBoth()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var ledger = new FactLedger();
            for (var i = 0; i < 30; i++)
            {
                var said = Of(random.Next(2) == 0 ? "likes" : "dislikes", $"value{random.Next(3)}") with { IsRetraction = random.Next(6) == 0 };
                ledger.Say([said], $"m{i}", (FactSource)random.Next(4), Start.AddMinutes(random.Next(60)));

                Assert.Equal(ledger.Current.Count(), ledger.Current.Select(fact => fact.Value).Distinct().Count());
                Assert.True(said.IsRetraction || ledger.Facts.Any(fact => fact.Slot == said.Slot && fact.Value == said.Value));
            }
        }
    }

    private IReadOnlyList<MemoryFact> Say(string slot, string value, int minute, FactSource source = FactSource.Said) => _ledger.Say([Of(slot, value)], $"m{minute}", source, Start.AddMinutes(minute));

    private static Statement Of(string slot, string value) => new() { Kind = MemorySlots.All[slot].Kind, Subject = Statement.Speaker, Slot = slot, Value = value };

    private void AssertCurrent(params (string Slot, string Value)[] expected) => Assert.Equal(expected, _ledger.Current.Select(fact => (fact.Slot, fact.Value)));
}
