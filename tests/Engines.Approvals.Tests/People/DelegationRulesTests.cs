using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Tests.People;

public sealed class DelegationRulesTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void FindLoop_AllAtOneMoment_NamesTheWay() =>
        Assert.Equal(["c", "a", "b", "c"], DelegationRules.FindLoop([Of("1", "a", "b", 0, 5), Of("2", "b", "c", 3, 8)], Of("3", "c", "a", 4, 6)));

    [Fact]
    public void FindLoop_OneAfterTheOther_IsNone() =>
        Assert.Null(DelegationRules.FindLoop([Of("1", "a", "b", 0, 2), Of("2", "b", "c", 2, 4)], Of("3", "c", "a", 0, 8)));

    [Fact]
    public void FindLoop_OtherTypes_IsNone() =>
        Assert.Null(DelegationRules.FindLoop([Of("1", "a", "b", 0, 5) with { Types = ["okta"] }], Of("2", "b", "a", 0, 5) with { Types = ["jira"] }));

    [Fact]
    public void FindLoop_SameIdAgain_IsNotItsOwnLoop() => Assert.Null(DelegationRules.FindLoop([Of("1", "b", "a", 0, 5)], Of("1", "a", "b", 0, 5)));

    /// <summary>Whatever the delegations: a loop is found exactly when at some moment following them leads back.</summary>
    [Fact]
    public void FindLoop_AnyDelegations_IsAsALookAtEachMomentSays()
    {
        var one = from a in Gen.Elements("a", "b", "c", "d")
                  from b in Gen.Elements("a", "b", "c", "d")
                  from begins in Gen.Choose(0, 8)
                  from length in Gen.Choose(1, 5)
                  where a != b
                  select (a, b, begins, ends: begins + length);
        Prop.ForAll(one.ListOf().SelectMany(list => one.Select(added => (list, added))).ToArbitrary(), given =>
        {
            var existing = given.list.Select((pair, i) => Of($"{i}", pair.a, pair.b, pair.begins, pair.ends)).ToList();
            var added = Of("new", given.added.a, given.added.b, given.added.begins, given.added.ends);
            var expected = Enumerable.Range(given.added.begins, given.added.ends - given.added.begins).Any(day => Reaches(existing, added.To, added.From, Monday.AddDays(day), []));
            return DelegationRules.FindLoop(existing, added) is not null == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static bool Reaches(List<Delegation> delegations, string from, string to, DateTimeOffset at, HashSet<string> seen) =>
        from == to || (seen.Add(from) && delegations.Any(delegation => delegation.From == from && delegation.Covers("x", at) && Reaches(delegations, delegation.To, to, at, seen)));

    private static Delegation Of(string id, string from, string to, int begins, int ends) =>
        new() { DelegationId = id, From = from, To = to, Begins = Monday.AddDays(begins), Ends = Monday.AddDays(ends) };
}
