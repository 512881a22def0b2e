using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.People;
using static Steward.Engines.Approvals.Tests.FakeDirectory;

namespace Steward.Engines.Approvals.Tests.Chains;

public sealed class ChainResolverTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-11-23T10:00:00Z", null);
    private static readonly Absence Away = new(Now.AddDays(-1), Now.AddDays(5), "directory");

    private readonly FakeDirectory _directory = new FakeDirectory()
        .Add("ada", "max").Add("max", "vera").Add("vera", "ceo").Add("ceo")
        .Add("sam", "max").Add("lea", "vera").Add("gone", "max", isActive: false);

    [Fact]
    public async Task Resolve_SamePersonInSeveralWays_IsOneSeatWithAllReasons()
    {
        _directory.Groups["it"] = ["max", "sam"];

        var level = await ResolveAsync([new(ApproverKind.Group, "it"), new(ApproverKind.ManagerOf, "requester"), new(ApproverKind.Email, Mail("max"))]);

        Assert.Equal(["max", "sam"], Names(level));
        Assert.Equal(["member of it", $"manager of {Mail("ada")}", "named by the rules"], level.Seats[0].Via);
        Assert.Equal(["it"], level.Seats[0].Groups);
    }

    [Fact]
    public async Task Resolve_RequesterAmongThem_IsLeftOutAndSaid()
    {
        _directory.Groups["it"] = ["ada", "sam"];

        var level = await ResolveAsync([new(ApproverKind.Group, "it")]);

        Assert.Equal(["sam"], Names(level));
        Assert.Contains(level.Warnings, warning => warning.Contains("asked for this", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resolve_SomebodyWhoLeft_IsLeftOut() =>
        Assert.Equal(["sam"], Names(await ResolveAsync([new(ApproverKind.Email, Mail("gone")), new(ApproverKind.Email, Mail("sam"))])));

    [Fact]
    public async Task Resolve_AddressOfTwoPeople_IsNobodysAndTheFallbackIsAsked()
    {
        Share("sam");

        var level = await ResolveAsync([new(ApproverKind.Email, Mail("sam"))], query => query with { Chain = query.Chain with { Fallback = [new(ApproverKind.Email, Mail("lea"))] } });

        Assert.Equal(["lea"], Names(level));
        Assert.Contains(level.Warnings, warning => warning.StartsWith($"Several people sign in with {Mail("sam")}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resolve_AllOfSomeAndOneWithAnAddressOfTwoPeople_TakesAnotherInstead()
    {
        Share("sam");
        _directory.Groups["it"] = ["sam", "max"];

        var level = await ResolveAsync([new(ApproverKind.Group, "it")], query => query with
        {
            Chain = query.Chain with { Levels = [query.Chain.Levels[0] with { Quorum = Quorum.All }], Fallback = [new(ApproverKind.Email, Mail("lea"))] },
        });

        Assert.Equal(["lea", "max"], Names(level).Order());
        Assert.Equal(2, level.Required);
    }

    [Fact]
    public async Task Resolve_DelegateWithAnAddressOfTwoPeople_MayNotActUnlessTheirIdIsKnown()
    {
        Share("sam");
        var delegation = new Delegation { DelegationId = "d", From = Mail("max"), To = Mail("sam"), Begins = Now.AddDays(-1), Ends = Now.AddDays(1) };

        var byAddress = await ResolveAsync([new(ApproverKind.Email, Mail("max"))], query => query with { Delegations = [delegation] });
        var byId = await ResolveAsync([new(ApproverKind.Email, Mail("max"))], query => query with { Delegations = [delegation with { ToUserId = "u-sam" }] });

        Assert.Empty(byAddress.Seats.Single().StandIns);
        Assert.Equal("u-sam", byId.Seats.Single().StandIns.Single().Person.UserId);
    }

    [Fact]
    public async Task Resolve_DelegationOfAnAddressThatIsSomebodyElsesByNow_DoesNotHold()
    {
        var delegation = new Delegation { DelegationId = "d", From = Mail("max"), To = Mail("sam"), Begins = Now.AddDays(-1), Ends = Now.AddDays(1), FromUserId = "u-max", ToUserId = "u-sam" };
        async Task<int> StandIns(Delegation changed) => (await ResolveAsync([new(ApproverKind.Email, Mail("max"))], query => query with { Delegations = [changed] })).Seats.Single().StandIns.Count;

        Assert.Equal(1, await StandIns(delegation));
        Assert.Equal(0, await StandIns(delegation with { FromUserId = "u-another" }));
        Assert.Equal(0, await StandIns(delegation with { ToUserId = "u-another" }));
    }

    [Fact]
    public async Task Resolve_VotedAtAnEarlierLevel_IsLeftOut()
    {
        var level = await ResolveAsync([new(ApproverKind.Email, Mail("max")), new(ApproverKind.Email, Mail("sam"))], query => query with { Voted = [(null, "MAX@acme.example")] });

        Assert.Equal(["sam"], Names(level));
    }

    [Theory]
    [InlineData(1, "max")]
    [InlineData(2, "vera")]
    [InlineData(3, "ceo")]
    [InlineData(9, "ceo")] // Stops at the top.
    public async Task Resolve_ManagerSomeLevelsUp_IsTheHighestThereIs(int levels, string expected) =>
        Assert.Equal([expected], Names(await ResolveAsync([new(ApproverKind.ManagerOf, "requester", levels)])));

    [Fact]
    public async Task Resolve_ManagersInACircle_StopsAndSaysSo()
    {
        _directory.Managers[Mail("vera")] = Mail("ada");

        var level = await ResolveAsync([new(ApproverKind.ManagerOf, "requester", 10)]);

        Assert.Equal(["vera"], Names(level));
        Assert.Contains(level.Warnings, warning => warning.Contains("in a circle", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resolve_NobodyLeft_TakesTheFallback()
    {
        var level = await ResolveAsync([new(ApproverKind.Email, Mail("ada"))], query => query with { Chain = query.Chain with { Fallback = [new(ApproverKind.Email, Mail("lea"))] } });

        Assert.Equal(["lea"], Names(level));
        Assert.Contains(level.Warnings, warning => warning.Contains("fallback", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resolve_FallbackEmptyToo_TakesTheAdmins()
    {
        var level = await ResolveAsync([new(ApproverKind.Group, "no-such")]);

        Assert.Equal("admin", Assert.Single(level.Seats).Role);
        Assert.Equal(1, level.Required);
    }

    [Fact]
    public async Task Resolve_AwayWithDelegate_DelegateMayActForThem()
    {
        _directory.Add("max", "vera", absences: Away);

        var level = await ResolveAsync([new(ApproverKind.Email, Mail("max"))], query => query with { Delegations = [Delegation("max", "sam")] });

        var standIn = Assert.Single(Assert.Single(level.Seats).StandIns);
        Assert.Equal(Mail("sam"), standIn.Person.Email);
    }

    [Fact]
    public async Task Resolve_AwayWithoutDelegate_ManagerMayActForThem()
    {
        _directory.Add("max", "vera", absences: Away);

        var level = await ResolveAsync([new(ApproverKind.Email, Mail("max"))]);

        var seat = Assert.Single(level.Seats);
        Assert.Equal("max", seat.Person!.Name);
        Assert.Equal("vera", Assert.Single(seat.StandIns).Person.Name);
        Assert.Contains(level.Warnings, warning => warning.Contains("out of office", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resolve_ManagerAwayToo_TheNextOneUpMayAct()
    {
        _directory.Add("max", "vera", absences: Away).Add("vera", "ceo", absences: Away);

        var level = await ResolveAsync([new(ApproverKind.Email, Mail("max"))]);

        Assert.Equal("ceo", Assert.Single(level.Seats[0].StandIns).Person.Name);
    }

    [Fact]
    public async Task Resolve_DelegateIsTheRequester_MayNotAct()
    {
        var level = await ResolveAsync([new(ApproverKind.Email, Mail("max"))], query => query with { Delegations = [Delegation("max", "ada")] });

        Assert.Empty(level.Seats[0].StandIns);
        Assert.Contains(level.Warnings, warning => warning.Contains("asked for this", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resolve_DelegatesInALoop_AreNotFollowed()
    {
        var level = await ResolveAsync([new(ApproverKind.Email, Mail("max"))], query => query with { Delegations = [Delegation("max", "sam"), Delegation("sam", "lea"), Delegation("lea", "max")] });

        Assert.Equal(["sam"], level.Seats[0].StandIns.Select(standIn => standIn.Person.Name));
    }

    [Fact]
    public async Task Resolve_DelegateAskedThemselves_HasOneSeat()
    {
        var level = await ResolveAsync([new(ApproverKind.Email, Mail("max")), new(ApproverKind.Email, Mail("sam"))], query => query with { Delegations = [Delegation("max", "sam")] });

        Assert.All(level.Seats, seat => Assert.Empty(seat.StandIns));
    }

    [Theory]
    [InlineData("other_type", 0, 0)]
    [InlineData("db_access", -9, -8)]
    [InlineData("db_access", 1, 2)]
    public async Task Resolve_DelegationForAnotherTypeOrTime_DoesNotHold(string type, int fromDays, int untilDays)
    {
        var delegation = Delegation("max", "sam") with { Types = [type], Begins = Now.AddDays(fromDays), Ends = Now.AddDays(untilDays).AddHours(1) };

        Assert.Empty((await ResolveAsync([new(ApproverKind.Email, Mail("max"))], query => query with { Delegations = [delegation] })).Seats[0].StandIns);
    }

    [Theory]
    [InlineData(QuorumKind.Any, 0, 1)]
    [InlineData(QuorumKind.All, 0, 3)]
    [InlineData(QuorumKind.Count, 2, 2)]
    [InlineData(QuorumKind.Percent, 34, 2)] // Rounded up.
    [InlineData(QuorumKind.Percent, 1, 1)]
    [InlineData(QuorumKind.Percent, 100, 3)]
    public async Task Resolve_Quorum_CountsMergedPeople(QuorumKind kind, int value, int expected)
    {
        _directory.Groups["it"] = ["max", "sam"];

        var level = await ResolveAsync([new(ApproverKind.Group, "it"), new(ApproverKind.Email, Mail("max")), new(ApproverKind.Email, Mail("lea"))], quorum: new(kind, value));

        Assert.Equal(expected, level.Required);
    }

    [Fact]
    public async Task Resolve_CountAboveThePeople_AsksMoreRatherThanLess()
    {
        var level = await ResolveAsync([new(ApproverKind.Email, Mail("max"))], quorum: new(QuorumKind.Count, 2));

        Assert.Equal(2, level.Required);
        Assert.Equal(["max", "role admin"], Names(level));
        Assert.Contains(level.Warnings, warning => warning.Contains("takes 2 approvals", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resolve_RoleWithKnownHolders_CountsThemOnce()
    {
        _directory.Roles["owner"] = ["max", "sam", "ada", "gone"];

        var level = await ResolveAsync([new(ApproverKind.Role, "owner"), new(ApproverKind.Email, Mail("max"))], quorum: Quorum.All);

        Assert.Equal(["sam"], level.Seats[0].Holders.Select(holder => holder.Name));
        Assert.Equal(2, level.Required);
    }

    [Fact]
    public async Task Resolve_HugeGroup_AsksTheFirstAndSaysSo()
    {
        _directory.Groups["all"] = [.. Enumerable.Range(0, 501).Select(i => $"p{i:d4}")];
        foreach (var name in _directory.Groups["all"])
        {
            _directory.Add(name);
        }

        var level = await ResolveAsync([new(ApproverKind.Group, "all")]);

        Assert.Equal(500, level.Seats.Count);
        Assert.Contains(level.Warnings, warning => warning.Contains("501", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resolve_UserNobodyHasSeen_IsAskedByTheIdAlone()
    {
        var seat = Assert.Single((await ResolveAsync([new(ApproverKind.User, "u-new")])).Seats);

        Assert.Equal(("u-new", ""), (seat.Person!.UserId, seat.Person.Email));
    }

    [Fact]
    public async Task Resolve_DirectoryDown_Throws()
    {
        _directory.IsDown = true;

        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => ResolveAsync([new(ApproverKind.Email, Mail("max"))]));
    }

    [Fact]
    public async Task ResolveEscalation_NobodyNamed_AsksTheManagersOfThoseAsked()
    {
        var level = await ChainResolver.ResolveEscalationAsync(
            _directory,
            Query([new(ApproverKind.Email, Mail("sam"))]) with { Seats = [new() { Person = PersonRef.Of(_directory.People[Mail("lea")]), Via = ["x"] }, new() { Person = PersonRef.Of(_directory.People[Mail("sam")]), Via = ["x"] }] },
            default);

        Assert.Equal(["vera", "max"], Names(level));
    }

    private async Task<ResolvedLevel> ResolveAsync(IReadOnlyList<ApproverSpec> approvers, Func<LevelQuery, LevelQuery>? change = null, Quorum? quorum = null)
    {
        var query = Query(approvers, quorum);
        return await ChainResolver.ResolveAsync(_directory, change?.Invoke(query) ?? query, default);
    }

    private static LevelQuery Query(IReadOnlyList<ApproverSpec> approvers, Quorum? quorum = null) => new()
    {
        Chain = new() { Levels = [new() { Name = "first", Approvers = approvers, Quorum = quorum ?? Quorum.Any }] },
        Level = 1,
        Type = "db_access",
        Requester = new() { UserId = "u-ada", Email = Mail("ada") },
        Now = Now,
    };

    private static Delegation Delegation(string from, string to) => new() { DelegationId = from + to, From = Mail(from), To = Mail(to), Begins = Now.AddDays(-1), Ends = Now.AddDays(1) };

    private static IEnumerable<string> Names(ResolvedLevel level) => level.Seats.Select(seat => seat.Label);

    private void Share(string name) => _directory.People[Mail(name)] = _directory.People[Mail(name)] with { UserId = null, IsAddressShared = true };
}
