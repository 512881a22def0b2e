using System.Text.Json;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.Mirroring;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules;
using Steward.Engines.Approvals.Tests.Rules;

namespace Steward.Engines.Approvals.Tests.Mirroring;

/// <summary>What a record in another system should say, in which words, and when it is looked at.</summary>
public sealed class MirrorTests
{
    private static readonly DateTimeOffset Now = Examples.At;

    [Fact]
    public void SeatsOf_OpenLevel_AsksPeopleTheirDelegatesAndKnownHolders_EachOnce()
    {
        var state = Open(new Seat { Person = Person("mia"), Via = ["named"], StandIns = [new(Person("dan"), "delegate of mia")] }, new Seat { Role = "owner", Via = ["role"], Holders = [Person("olga"), Person("mia")] });

        Assert.Equal(
            [("dan@acme.example", NativeDecision.Requested), ("mia@acme.example", NativeDecision.Requested), ("olga@acme.example", NativeDecision.Requested)],
            MirrorPlan.SeatsOf(state).Select(seat => (seat.Email, seat.Wanted)));
    }

    [Fact]
    public void SeatsOf_DelegateVotedForSomebody_SaysSoAndAsksThatPersonNoLonger()
    {
        var state = Open(new Seat { Person = Person("mia"), Via = ["named"], StandIns = [new(Person("dan"), "delegate of mia")] }, new Seat { Person = Person("eve"), Via = ["named"] });
        state = state with { Levels = [state.Levels[0] with { Required = 2, Votes = [new VoteState { Seat = 0, By = "u-dan", Email = "dan@acme.example", For = "mia@acme.example", Decision = VoteDecision.Approve, At = Now }] }] };

        Assert.Equal(
            new Dictionary<string, NativeDecision> { ["dan@acme.example"] = NativeDecision.Approved, ["mia@acme.example"] = NativeDecision.NotNeeded, ["eve@acme.example"] = NativeDecision.Requested },
            MirrorPlan.SeatsOf(state).ToDictionary(seat => seat.Email, seat => seat.Wanted));
    }

    [Theory]
    [InlineData(ApprovalStatus.Approved, NativeDecision.Approved, NativeDecision.NotNeeded)]
    [InlineData(ApprovalStatus.Rejected, NativeDecision.Rejected, NativeDecision.NotNeeded)]
    [InlineData(ApprovalStatus.Expired, NativeDecision.Withdrawn, NativeDecision.Withdrawn)]
    [InlineData(ApprovalStatus.Cancelled, NativeDecision.Withdrawn, NativeDecision.Withdrawn)]
    public void WantedOf_Ended_SaysHowAndAsksNobody(ApprovalStatus status, NativeDecision whole, NativeDecision others)
    {
        var state = Open(new Seat { Person = Person("mia"), Via = ["named"] }) with { Status = status, End = new EndState { At = Now } };

        Assert.Equal((whole, others), (MirrorPlan.WantedOf(state), MirrorPlan.SeatsOf(state).Single().Wanted));
    }

    [Fact]
    public void Description_HostileTexts_AreFilledInOnceAndWithoutMarkup()
    {
        var state = Open(new Seat { Person = Person("mia"), Via = ["named"] });
        state = state with { Request = state.Request with { Summary = "{reason} [code]<b>x</b>[/code]\nmore", Reason = "secret {email}", Amount = null } };

        Assert.Equal("Approval: {reason} [ code ]<b>x</b>[ /code ] more", MirrorText.Title("Approval: {summary}", state));
        Assert.Equal("secret {email} – ada@acme.example", MirrorText.Description("{reason} {amount} {email}", state));
        Assert.DoesNotContain("[code]", MirrorText.Comment("[CODE]x[ /code]"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Description_SecretsInArgumentsAndTexts_AreMasked()
    {
        var state = Asking("""{"user":"ada","password":"Hunter2!","nested":{"apiKey":"k-1234567890"},"note":"token=Zx81abQQ12"}""");
        state = state with { Request = state.Request with { Summary = "Reset with password: Tr0ub4dor&3", Reason = "Bearer abcDEF1234567890xyz" } };
        var content = MirrorText.ContentOf("{summary}", "{summary} {reason} {arguments}", state);
        var all = content.Title + content.Description + MirrorText.Comment("password: Tr0ub4dor&3");

        Assert.All(["Hunter2!", "k-1234567890", "Zx81abQQ12", "Tr0ub4dor&3", "abcDEF1234567890xyz"], secret => Assert.DoesNotContain(secret, all, StringComparison.Ordinal));
        Assert.Contains("\"user\":\"ada\"", content.Description, StringComparison.Ordinal);
        Assert.False(content.IsCut);
    }

    [Theory]
    [InlineData(10, 10, false)]
    [InlineData(10, 3000, true)]
    [InlineData(300, 10, false)]
    [InlineData(5000, 10, true)]
    public void ContentOf_PartsThatDoNotFit_SaysThatApprovalsDoNotCount(int summary, int argument, bool isCut)
    {
        var state = Asking($$"""{"text":"{{new string('a', argument)}}"}""");
        state = state with { Request = state.Request with { Summary = new string('b', summary) } };
        var content = MirrorText.ContentOf("{summary}", "{summary} {arguments}", state);

        Assert.Equal((isCut, isCut), (content.IsCut, content.Description.EndsWith("Decide in Steward: an approval here does not count.", StringComparison.Ordinal)));
        Assert.True(content.Description.Length <= MirrorText.MaxText);
        Assert.Equal(summary > MirrorText.MaxTitle, MirrorText.ContentOf("{summary}", "{reason}", state).IsCut);
    }

    [Fact]
    public void HashOf_OtherBlanks_IsTheSameAndOtherTextIsNot()
    {
        Assert.Equal(MirrorText.HashOf("a b", "c\n\nd"), MirrorText.HashOf(" a b", "c\r\nd\n"));
        Assert.NotEqual(MirrorText.HashOf("a", "b"), MirrorText.HashOf("a", "b!"));
        Assert.NotEqual(MirrorText.HashOf("a b", "c"), MirrorText.HashOf("a", "b c"));
    }

    [Fact]
    public void Title_LongText_IsCutBetweenCharacters()
    {
        var state = Open(new Seat { Person = Person("mia"), Via = ["named"] });
        var title = MirrorText.Title("{summary}", state with { Request = state.Request with { Summary = new string('a', MirrorText.MaxTitle - 2) + "\U0001F600\U0001F600" } });

        Assert.True(title.Length <= MirrorText.MaxTitle && !title.Any(char.IsHighSurrogate) && title.EndsWith('…'));
    }

    [Fact]
    public void MarkerOf_AnyId_FitsAndLeadsBackWhereItNamesTheApproval()
    {
        Assert.Equal("a-1", MirrorText.ApprovalOf(MirrorText.MarkerOf("a-1")));
        Assert.InRange(MirrorText.MarkerOf("a-" + new string('x', 500)).Length, 10, 100);
        Assert.Null(MirrorText.ApprovalOf(MirrorText.MarkerOf("a-" + new string('x', 500))));
        Assert.Null(MirrorText.ApprovalOf("steward-0123"));
        Assert.Null(MirrorText.ApprovalOf(null));
    }

    [Fact]
    public void Failed_AgainAndAgain_WaitsLongerAndEndsAsFailed()
    {
        var mirror = new MirrorState { RecordId = "x", Status = MirrorStatus.Open, NextAt = Now };
        for (var i = 0; i < MirrorRetries.Waits.Count; i++)
        {
            mirror = MirrorRetries.Failed(mirror, isOver: false, "down", null, Now);
            Assert.Equal((Now + MirrorRetries.Waits[i], i + 1, "down", MirrorStatus.Open), (mirror.NextAt, mirror.Failures, mirror.Error, mirror.Status));
        }

        var failed = MirrorRetries.Failed(mirror, isOver: false, "down", null, Now);
        Assert.Equal((MirrorStatus.Failed, null, false), (failed.Status, failed.NextAt, failed.IsClosed));
        Assert.True(MirrorRetries.Failed(mirror, isOver: true, "down", null, Now).IsClosed);
    }

    [Fact]
    public void Corrected_MoreThanTenInAnHour_IsRefusedUntilTheHourIsOver()
    {
        MirrorState? mirror = new();
        for (var i = 0; i < MirrorRetries.MaxCorrections; i++)
        {
            mirror = MirrorRetries.Corrected(mirror!, Now.AddMinutes(i));
        }

        Assert.Equal((10, Now), (mirror!.Corrections, mirror.CorrectedSince));
        Assert.Null(MirrorRetries.Corrected(mirror, Now.AddMinutes(59)));
        Assert.Equal(1, MirrorRetries.Corrected(mirror, Now.AddHours(1))!.Corrections);
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(300, 300)]
    [InlineData(1_000_000, 21_600)]
    public void Failed_SystemAsksToWait_WaitsAtLeastSoLongUpToABound(int asked, int waits) =>
        Assert.Equal(Now.AddSeconds(waits), MirrorRetries.Failed(new MirrorState(), isOver: false, "busy", TimeSpan.FromSeconds(asked), Now).NextAt);

    [Fact]
    public void NextPoll_OlderRequest_IsLookedAtLessOften()
    {
        var state = Open(new Seat { Person = Person("mia"), Via = ["named"] });
        state = state with { Request = state.Request with { RequestedAt = Now } };

        Assert.Equal([5.0, 30.0, 60.0], new[] { 1.0, 120.0, 5000.0 }.Select(minutes => (MirrorRetries.NextPoll(state, Now.AddMinutes(minutes)) - Now.AddMinutes(minutes)).TotalMinutes));
    }

    [Fact]
    public void Apply_WhatTheRecordDoesNotSayYet_LetsItBeLookedAtAtOnce()
    {
        var state = Open(new Seat { Person = Person("mia"), Via = ["named"] }) with { Mirror = new MirrorState { RecordId = "x", Status = MirrorStatus.Open, NextAt = Now.AddHours(1), Failures = 3 } };
        var vote = ApprovalMachine.Vote(
            state, new VoteCommand { Actor = new ApprovalActor { Email = "mia@acme.example" }, Decision = VoteDecision.Approve, SubjectHash = state.Request.SubjectHash, Channel = "api" }, Now);
        var after = vote.Events.Aggregate(state, (current, happened) => ApprovalState.Apply(current, happened, current.Version + 1));

        Assert.Equal((ApprovalStatus.Approved, Now, 0), (after.Status, after.Mirror!.NextAt, after.Mirror.Failures));
        Assert.Equal(Now, ApprovalMachine.NextAt(after with { Outbox = [], ListedThrough = after.ListVersion, RunTold = true }));

        // Polls are no news for lists.
        Assert.Equal(after.ListVersion, ApprovalState.Apply(after, new ApprovalMirrored { At = Now, Mirror = after.Mirror }, after.Version + 1).ListVersion);
    }

    [Fact]
    public void LookAtMirror_ClosedRecord_IsLookedAtForAWeekAfterTheEnd()
    {
        var state = Open(new Seat { Person = Person("mia"), Via = ["named"] }) with
        {
            Status = ApprovalStatus.Rejected,
            End = new EndState { At = Now },
            Mirror = new MirrorState { RecordId = "x", Status = MirrorStatus.Closed, IsClosed = true },
        };

        var looked = Assert.IsType<ApprovalMirrored>(ApprovalMachine.LookAtMirror(state, Now.AddDays(6)).Events.Single());
        Assert.Equal((false, Now.AddDays(6)), (looked.Mirror.IsClosed, looked.Mirror.NextAt));
        Assert.Empty(ApprovalMachine.LookAtMirror(state, Now.AddDays(8)).Events);
        Assert.Empty(ApprovalMachine.LookAtMirror(state with { Mirror = state.Mirror with { Failures = 1, NextAt = Now.AddHours(1) } }, Now).Events);
        Assert.Empty(ApprovalMachine.LookAtMirror(state with { Mirror = null }, Now).Events);
        Assert.Empty(ApprovalMachine.LookAtMirror(state with { Mirror = state.Mirror with { IsClosed = false, NextAt = Now } }, Now).Events);
    }

    [Fact]
    public void Mirrored_ThroughTheJournal_ComesBackWhole()
    {
        var mirror = new MirrorState { Reference = "CHG1", RecordId = "0a", Url = "https://x", Status = MirrorStatus.Open, NextAt = Now, Failures = 2, Error = "e", Sending = "create", SentAt = Now, OpenState = "Waiting", ContentHash = "h", IsCut = true, Corrections = 3, CorrectedSince = Now, Rows = [new MirrorRow { Id = "r", ApproverId = "p", Email = "e", Waiting = 4, Level = 1, Handled = 3, Set = NativeDecision.Requested }] }.WithAnswered("1").WithAnswered("2").WithAnswered("1");
        var (type, json) = ApprovalEvents.Serialize(new ApprovalMirrored { At = Now, Mirror = mirror, Reason = "r" });
        var back = Assert.IsType<ApprovalMirrored>(ApprovalEvents.Deserialize(type, json));

        Assert.Equal(["2", "1"], back.Mirror.Answered);
        Assert.Equal(mirror with { Answered = [], Rows = [] }, back.Mirror with { Answered = [], Rows = [] });
        Assert.Equal(mirror.Rows, back.Mirror.Rows);
        Assert.Equal(20, Enumerable.Range(0, 50).Aggregate(mirror, (current, i) => current.WithAnswered($"c{i}")).Answered.Count);
    }

    private static ApprovalState Asking(string arguments)
    {
        var state = Open(new Seat { Person = Person("mia"), Via = ["named"] });
        return state with { Request = state.Request with { Arguments = JsonDocument.Parse(arguments).RootElement } };
    }

    private static PersonRef Person(string name) => new() { Email = $"{name}@acme.example", Name = name };

    private static ApprovalState Open(params Seat[] seats)
    {
        var request = Examples.Request();
        return new()
        {
            Version = 3,
            ChangedAt = Now,
            ExpiresAt = Now.AddDays(7),
            Status = ApprovalStatus.Pending,
            Request = request with { Arguments = JsonDocument.Parse("{}").RootElement },
            Route = new RouteState { Version = 1, Explanation = "because", Chain = new ChainDefinition { Levels = [new LevelDefinition { Name = "Manager", Approvers = [new(ApproverKind.Email, "mia@acme.example")] }] } },
            Levels = [new LevelState { Number = 1, Name = "Manager", Required = 1, OpenedAt = Now, Seats = seats }],
        };
    }
}
