using Steward.Engines.Notifications;
using Steward.Notifications;
using Steward.Storage;

namespace Steward.Grains.Tests.Notifications;

public sealed class ChannelQueueTests
{
    private readonly QueueRig _rig = new();

    [Fact]
    public void Enqueue_Notice_IsDurableThenSentAndNoted() => _rig.Time.Run(async () =>
    {
        await _rig.EnqueueAsync(_rig.Notice("n-1"));
        Assert.Single(_rig.Table.Rows);

        await _rig.Time.Until(() => !_rig.Table.Row("n-1", "slack").IsOpen, 1);

        var row = _rig.Table.Row("n-1", "slack");
        Assert.Equal(("sent", "unknown", 1, "slack:" + row.ThreadId), (row.Delivery, row.Engagement, row.Attempts, row.Reference));
        Assert.Single(_rig.Slack.Effects);
    });

    [Fact]
    public void Enqueue_StoreFails_CallerIsToldAndNothingIsSentBeforeItIsDurable() => _rig.Time.Run(async () =>
    {
        _rig.Table.Before = name => name == "add" ? throw new StorageException("down") : Task.CompletedTask;

        await Assert.ThrowsAsync<StorageException>(() => _rig.EnqueueAsync(_rig.Notice("n-1")));
        await _rig.Time.Wait(5);

        Assert.Empty(_rig.Slack.Attempts);
    });

    [Fact]
    public void Enqueue_OutcomeWasUnknownAndAgain_IsSentOnce() => _rig.Time.Run(async () =>
    {
        var notice = _rig.Notice("n-1");
        _rig.Table.After = name => name == "add" ? throw new StorageException("gone") { OutcomeUnknown = true } : Task.CompletedTask;
        await Assert.ThrowsAsync<StorageException>(() => _rig.EnqueueAsync(notice));
        _rig.Table.After = _ => Task.CompletedTask;
        await _rig.Time.Wait(3);

        await _rig.EnqueueAsync(notice);
        await _rig.Time.Wait(3);
        await _rig.EnqueueAsync(notice);
        await _rig.Time.Wait(3);

        Assert.Single(_rig.Slack.Effects);
    });

    [Fact]
    public void Enqueue_ManyAtOnce_AreWrittenTogether() => _rig.Time.Run(async () =>
    {
        _rig.Table.Before = _ => _rig.Time.Wait(0.01);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => _rig.EnqueueAsync(_rig.Notice())));
        await _rig.Time.Until(() => _rig.Table.Rows.All(row => !row.IsOpen), 10);

        Assert.InRange(_rig.Table.Calls["add"], 1, 5);
        Assert.InRange(_rig.Table.Calls["update"], 1, 60);
    });

    [Fact]
    public void Dispatch_OneThread_GoesInOrderAlsoWhenTheFirstFails() => _rig.Time.Run(async () =>
    {
        var failures = 2;
        _rig.Slack.Answer = message => message.Notice.NoticeId == "n-1" && failures-- > 0 ? Failed() : null;
        await _rig.EnqueueAsync(_rig.Notice("n-1", "t", NoticeKinds.ApprovalResult));
        await _rig.EnqueueAsync(_rig.Notice("n-2", "t", NoticeKinds.ApprovalComment));
        await _rig.EnqueueAsync(_rig.Notice("n-3", "t", NoticeKinds.ApprovalComment));
        await _rig.Time.Until(() => _rig.Table.Rows.All(row => !row.IsOpen));

        Assert.Equal(["n-1", "n-2", "n-3"], _rig.Slack.Effects.Select(effect => effect.NoticeId));
        Assert.Equal([null, "slack:t", "slack:t"], _rig.Slack.Effects.Select(effect => effect.Updates));
    });

    [Fact]
    public void Dispatch_OneThreadHangs_OthersGoOn() => _rig.Time.Run(async () =>
    {
        var first = true;
        _rig.Slack.Takes = () => first ? TimeSpan.FromSeconds(10) : TimeSpan.Zero;
        await _rig.EnqueueAsync(_rig.Notice("n-1", "slow"));
        await _rig.Time.Wait(0.1);
        first = false;
        await _rig.EnqueueAsync(_rig.Notice("n-2", "quick"));
        await _rig.Time.Wait(0.1);

        Assert.Equal(["n-2"], _rig.Slack.Effects.Select(effect => effect.NoticeId));
    });

    [Fact]
    public void Dispatch_SingleFault_IsTriedAgainWithin300Milliseconds() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => _rig.Slack.Attempts.Count == 1 ? Failed() : null;
        await _rig.EnqueueAsync(_rig.Notice("n-1"));
        await _rig.Time.Until(() => _rig.Slack.Effects.Count == 1, 0.4);
        Assert.InRange(_rig.Slack.Attempts[1].At - _rig.Slack.Attempts[0].At, TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(0.31));
    });

    [Fact]
    public void Dispatch_RefusedForOneRecipient_OthersGoOn() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = message => message.Notice.NoticeId == "n-1" && _rig.Slack.Attempts.Count == 1
            ? new SendResult { Outcome = SendOutcome.FailedForNow, RetryAfter = TimeSpan.FromSeconds(20), IsOfRecipient = true }
            : null;
        await _rig.EnqueueAsync(_rig.Notice("n-1", "a"));
        await _rig.Time.Wait(0.1);
        await _rig.EnqueueAsync(_rig.Notice("n-2", "b"));
        await _rig.Time.Wait(1);
        Assert.Equal(["n-2"], _rig.Slack.Effects.Select(effect => effect.NoticeId));

        await _rig.Time.Wait(20);
        Assert.Equal(["n-2", "n-1"], _rig.Slack.Effects.Select(effect => effect.NoticeId));
    });

    [Fact]
    public void Dispatch_ChannelSaidThatItDidNotTakeIt_IsNotLookedForBeforeTheNextTry() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => _rig.Slack.Attempts.Count switch { 1 => Failed(), 2 => new SendResult { Outcome = SendOutcome.Unknown }, _ => null };
        _rig.Slack.Traits = _rig.Slack.Traits with { HasKey = true };
        await _rig.EnqueueAsync(_rig.Notice("n-1"));
        await _rig.Time.Until(() => !_rig.Table.Row("n-1", "slack").IsOpen, 10);

        Assert.Equal([false, false, true], _rig.Slack.Attempts.Select(attempt => attempt.Message.MayBeOut));
    });

    [Fact]
    public void Dispatch_DefectsInMoreSendsThanMayRun_OthersAreStillSent() => _rig.Time.Run(async () =>
    {
        _rig.Options.Parallel = 2;
        _rig.Slack.Traits = _rig.Slack.Traits with { CanUpdate = true };
        _rig.Table.Before = name => name == "reference" && _rig.Table.Calls.GetValueOrDefault("reference") < 4 ? Defective() : Task.CompletedTask;
        for (var number = 0; number < 4; number++)
        {
            await _rig.EnqueueAsync(_rig.Notice());
        }

        await _rig.Time.Until(() => _rig.Table.Rows.All(row => !row.IsOpen), 30);
        Assert.Equal(4, _rig.Slack.Effects.Count);

        Task Defective()
        {
            _rig.Table.Calls["reference"] = _rig.Table.Calls.GetValueOrDefault("reference") + 1;
            throw new InvalidOperationException("a defect");
        }
    });

    [Fact]
    public void Dispatch_DefectEachTime_GoesToTheNextChannel() => _rig.Time.Run(async () =>
    {
        _rig.Table.Before = name => name == "reference" ? throw new InvalidOperationException("a defect") : Task.CompletedTask;
        _rig.Email.Traits = _rig.Email.Traits with { CanUpdate = false };
        await _rig.EnqueueAsync(_rig.Notice("n-1"), next: ["email"]);
        await _rig.Time.Until(() => _rig.Email.Effects.Count == 1);

        Assert.Equal(("failed", false), (_rig.Table.Row("n-1", "slack").Delivery, _rig.Table.Row("n-1", "slack").IsOpen));
    });

    [Fact]
    public void Dispatch_UrgentBehindACommentThatWaitsForTheMorning_GoesFirst() => _rig.Time.Run(async () =>
    {
        await _rig.EnqueueAsync(_rig.Notice("n-1", "t", NoticeKinds.ApprovalComment), notBefore: _rig.Time.GetUtcNow().AddMinutes(20));
        await _rig.Time.Wait(1);
        await _rig.EnqueueAsync(_rig.Notice("n-2", "t", NoticeKinds.ApprovalEscalated, isUrgent: true));
        await _rig.Time.Wait(1);
        Assert.Equal(["n-2"], _rig.Slack.Effects.Select(effect => effect.NoticeId));

        await _rig.Time.Wait(20 * 60);
        Assert.Equal(["n-2", "n-1"], _rig.Slack.Effects.Select(effect => effect.NoticeId));
    });

    [Fact]
    public void Dispatch_UrgentBehindWhatWaitsInTheTable_GoesFirst() => _rig.Time.Run(async () =>
    {
        await _rig.EnqueueAsync(_rig.Notice("n-1", "t", NoticeKinds.ApprovalComment), notBefore: _rig.Time.GetUtcNow().AddHours(8));
        await _rig.Time.Wait(1);
        await _rig.EnqueueAsync(_rig.Notice("n-2", "t", NoticeKinds.ApprovalEscalated, isUrgent: true));
        await _rig.Time.Wait(1);
        Assert.Equal(["n-2"], _rig.Slack.Effects.Select(effect => effect.NoticeId));
    });

    [Fact]
    public void Dispatch_UrgentBehindOneThatIsTriedAgain_KeepsTheOrder() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => _rig.Slack.Attempts.Count == 1 ? Failed(TimeSpan.FromSeconds(20), () => { }) : null;
        await _rig.EnqueueAsync(_rig.Notice("n-1", "t", NoticeKinds.ApprovalComment));
        await _rig.Time.Wait(0.1);
        await _rig.EnqueueAsync(_rig.Notice("n-2", "t", NoticeKinds.ApprovalEscalated, isUrgent: true));
        await _rig.Time.Wait(40);
        Assert.Equal(["n-1", "n-2"], _rig.Slack.Effects.Select(effect => effect.NoticeId));
    });

    [Fact]
    public void Dispatch_AllTriesFail_GoesToTheNextChannelWithinTheTime() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => Failed();
        var begin = _rig.Time.GetUtcNow();
        await _rig.EnqueueAsync(_rig.Notice("n-1"), next: ["email"]);
        await _rig.Time.Until(() => _rig.Email.Effects.Count == 1);
        await _rig.Time.Wait(1);

        var row = _rig.Table.Row("n-1", "slack");
        Assert.Equal(("failed", false, false), (row.Delivery, row.IsOpen, row.IsDead));
        Assert.InRange(row.Attempts, 2, SendRetries.Most + 1);
        Assert.True(_rig.Time.GetUtcNow() - begin < SendRetries.Within + TimeSpan.FromMinutes(2));
    });

    [Fact]
    public void Dispatch_NobodyThere_GoesToTheNextChannelAtOnce() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => new SendResult { Outcome = SendOutcome.Undeliverable, Error = "Slack knows nobody" };
        await _rig.EnqueueAsync(_rig.Notice("n-1"), next: ["email"]);
        await _rig.Time.Until(() => _rig.Email.Effects.Count == 1, 1);
        Assert.Single(_rig.Slack.Attempts);
    });

    [Fact]
    public void Dispatch_NoChannelLeft_IsADeadLetterAndCanBeSentAgain() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => new SendResult { Outcome = SendOutcome.Undeliverable, Error = "Slack knows nobody" };
        _rig.Email.Answer = _ => new SendResult { Outcome = SendOutcome.Bounced, Error = "no such mailbox" };
        var notice = _rig.Notice("n-1");
        await _rig.EnqueueAsync(notice, next: ["email"]);
        await _rig.Time.Until(() => _rig.Table.Rows.Count == 2 && _rig.Table.Rows.All(row => !row.IsOpen), 5);
        var dead = Assert.Single(await _rig.Table.ListDeadAsync(QueueRig.Tenant, 10));
        Assert.Equal(("email", "bounced", "no such mailbox"), (dead.Channel, dead.Delivery, dead.Error));

        _rig.Email.Answer = _ => null;
        await _rig.EnqueueAsync(notice, again: true, next: ["email"]);
        await _rig.Time.Until(() => _rig.Email.Effects.Count == 1, 5);
        await _rig.Time.Wait(1);

        Assert.Empty(await _rig.Table.ListDeadAsync(QueueRig.Tenant, 10));
    });

    [Fact]
    public void Dispatch_LostBetweenPassingOnAndNotingIt_IsSentOnceOnTheNextChannel() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => new SendResult { Outcome = SendOutcome.Undeliverable };
        _rig.Table.Before = name => name == "update" && _rig.Email.Effects.Count == 0 ? _rig.Time.Wait(2) : Task.CompletedTask;
        await _rig.EnqueueAsync(_rig.Notice("n-1"), next: ["email"]);
        await _rig.Time.Until(() => _rig.Table.Rows.Count == 2, 1);
        _rig.Lose("slack");
        await _rig.Time.Wait(10);
        _rig.Queue("slack").Resume();
        await _rig.Time.Wait(10);

        Assert.Single(_rig.Email.Effects);
        Assert.All(_rig.Table.Rows, row => Assert.False(row.IsOpen));
    });

    [Fact]
    public void Dispatch_LostBeforeAnythingWasSent_NextOneTakesItUp() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => Failed();
        await _rig.EnqueueAsync(_rig.Notice("n-1"));
        await _rig.Time.Wait(1);
        _rig.Lose("slack");
        _rig.Slack.Answer = _ => null;
        await _rig.Time.Wait(60);
        Assert.Empty(_rig.Slack.Effects);

        _rig.Queue("slack");
        await _rig.Time.Until(() => _rig.Slack.Effects.Count == 1);
        await _rig.Time.Wait(60);
        Assert.Single(_rig.Slack.Effects);
    });

    [Fact]
    public void Dispatch_LostBetweenSendingAndNotingIt_ChannelWithKeyShowsItOnce() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Traits = _rig.Slack.Traits with { HasKey = true };
        _rig.Table.Before = name => name == "update" ? _rig.Time.Wait(5) : Task.CompletedTask;
        await _rig.EnqueueAsync(_rig.Notice("n-1"));
        await _rig.Time.Until(() => _rig.Slack.Effects.Count == 1, 1);
        _rig.Lose("slack");
        _rig.Queue("slack");
        await _rig.Time.Until(() => !_rig.Table.Row("n-1", "slack").IsOpen, 20);

        Assert.Equal([false, true], _rig.Slack.Attempts.Select(attempt => attempt.Message.MayBeOut));
        Assert.Single(_rig.Slack.Effects);
    });

    [Fact]
    public void Dispatch_ChannelAsksForRest_NothingIsSentUntilThen() => _rig.Time.Run(async () =>
    {
        var asked = false;
        _rig.Slack.Answer = _ => asked ? null : Failed(TimeSpan.FromSeconds(30), () => asked = true);
        await _rig.EnqueueAsync(_rig.Notice("n-1", "a"));
        await _rig.Time.Wait(0.5);
        var begin = _rig.Slack.Attempts[0].At;
        await _rig.EnqueueAsync(_rig.Notice("n-2", "b"));
        await _rig.Time.Until(() => _rig.Slack.Effects.Count == 2, 60);

        Assert.All(_rig.Slack.Effects, effect => Assert.True(effect.At - begin >= TimeSpan.FromSeconds(30)));
    });

    [Fact]
    public void Dispatch_ChannelIsDown_OthersKeepTheirTriesAndAllAreSentWhenItIsBack() => _rig.Time.Run(async () =>
    {
        var down = true;
        _rig.Slack.Answer = _ => down ? Failed() : null;
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => _rig.EnqueueAsync(_rig.Notice())));
        await _rig.Time.Wait(15 * 60);
        Assert.InRange(_rig.Slack.Attempts.Count, 10, 200);

        down = false;
        await _rig.Time.Until(() => _rig.Slack.Effects.Count == 1000, 180);
        await _rig.Time.Wait(1);
        Assert.All(_rig.Table.Rows, row => Assert.Equal("sent", row.Delivery));
    });

    [Fact]
    public void Dispatch_ChannelIsDownForLong_AllGoToTheNextOne() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => Failed();
        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => _rig.EnqueueAsync(_rig.Notice(), next: ["email"])));
        await _rig.Time.Wait((SendRetries.Within + TimeSpan.FromMinutes(3)).TotalSeconds);

        Assert.Equal(300, _rig.Email.Effects.Count);
        Assert.Empty(_rig.Slack.Effects);
    });

    [Fact]
    public void Dispatch_OutcomeUnknownWithoutKey_GoesToTheNextChannelAndIsNotRepeatedHere() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => new SendResult { Outcome = SendOutcome.Unknown };
        await _rig.EnqueueAsync(_rig.Notice("n-1"), next: ["email"]);
        await _rig.Time.Until(() => _rig.Email.Effects.Count == 1, 2);
        await _rig.Time.Wait(3600);

        Assert.Single(_rig.Slack.Attempts);
        Assert.Equal("unknown", _rig.Table.Row("n-1", "slack").Delivery);
    });

    [Fact]
    public void Dispatch_NoAnswerInTime_IsNotKnown() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Takes = () => TimeSpan.FromHours(1);
        await _rig.EnqueueAsync(_rig.Notice("n-1", kind: NoticeKinds.ApprovalResult));
        await _rig.Time.Until(() => !_rig.Table.Row("n-1", "slack").IsOpen, 30);
        Assert.Equal("unknown", _rig.Table.Row("n-1", "slack").Delivery);
    });

    [Fact]
    public void Dispatch_DecidedBeforeItWasAsked_NobodyIsAskedNorTold() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => Failed();
        await _rig.EnqueueAsync(_rig.Notice("n-1", "t"));
        await _rig.Time.Wait(0.2);
        _rig.Slack.Answer = _ => null;
        _rig.Slack.Attempts.Clear();
        await _rig.EnqueueAsync(_rig.Notice("n-2", "t", NoticeKinds.ApprovalClosed));
        await _rig.Time.Until(() => _rig.Table.Rows.All(row => !row.IsOpen), 2);

        Assert.Empty(_rig.Slack.Effects);
        Assert.All(_rig.Table.Rows, row => Assert.Equal("skipped", row.Delivery));
    });

    [Fact]
    public void Dispatch_DecidedAfterItWasAsked_MessageIsBroughtUpToDateAfterRestartToo() => _rig.Time.Run(async () =>
    {
        await _rig.EnqueueAsync(_rig.Notice("n-1", "t"));
        await _rig.Time.Wait(1);
        await _rig.StopAsync("slack");
        await _rig.EnqueueAsync(_rig.Notice("n-2", "t", NoticeKinds.ApprovalClosed));
        await _rig.Time.Wait(1);

        Assert.Equal([null, "slack:t"], _rig.Slack.Effects.Select(effect => effect.Updates));
    });

    [Fact]
    public void Dispatch_Lapsed_IsDropped() => _rig.Time.Run(async () =>
    {
        _rig.Slack.Answer = _ => Failed();
        await _rig.EnqueueAsync(_rig.Notice("n-1", expiresAt: _rig.Time.GetUtcNow().AddSeconds(5)), next: ["email"]);
        await _rig.Time.Until(() => !_rig.Table.Row("n-1", "slack").IsOpen, 3600);

        Assert.Equal("skipped", _rig.Table.Row("n-1", "slack").Delivery);
        Assert.Empty(_rig.Email.Attempts);
    });

    [Fact]
    public void Dispatch_ManyWaitForMorning_OthersAreSentAtOnceAndTheyThen() => _rig.Time.Run(async () =>
    {
        _rig.Options.Window = 50;
        var morning = _rig.Time.GetUtcNow().AddHours(8);
        for (var i = 0; i < 300; i++)
        {
            await _rig.EnqueueAsync(_rig.Notice(), notBefore: morning);
        }

        await _rig.EnqueueAsync(_rig.Notice("urgent", "u"));
        await _rig.Time.Until(() => _rig.Slack.Effects.Count == 1, 2);
        Assert.Equal("urgent", _rig.Slack.Effects[0].NoticeId);

        await _rig.Time.Wait((8 * 3600) + 60);
        Assert.Equal(301, _rig.Slack.Effects.Count);
        Assert.All(_rig.Slack.Effects.Skip(1), effect => Assert.True(effect.At >= morning));
    });

    [Fact]
    public void Dispatch_ClosedAtOnceWhileItsQuestionWaitsForMorning_QuestionIsNeverAsked() => _rig.Time.Run(async () =>
    {
        await _rig.EnqueueAsync(_rig.Notice("n-1", "t"), notBefore: _rig.Time.GetUtcNow().AddHours(8));
        await _rig.Time.Wait(1);
        await _rig.EnqueueAsync(_rig.Notice("n-2", "t", NoticeKinds.ApprovalClosed));
        await _rig.Time.Wait(10 * 3600);

        Assert.Empty(_rig.Slack.Effects);
    });

    [Fact]
    public void Dispatch_MoreThanTheWindow_AllAreSentAndMemoryStaysBounded() => _rig.Time.Run(async () =>
    {
        _rig.Options.Window = 40;
        _rig.PerSecond = 50;
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => _rig.EnqueueAsync(_rig.Notice())));
        await _rig.Time.Wait(0.5);
        Assert.InRange(_rig.Queue().Info().Waiting, 1, 40);

        await _rig.Time.Until(() => _rig.Slack.Effects.Count == 500, 20);
    });

    [Fact]
    public void Dispatch_Rate_IsNeverExceeded() => _rig.Time.Run(async () =>
    {
        _rig.PerSecond = 10;
        for (var i = 0; i < 100; i++)
        {
            await _rig.EnqueueAsync(_rig.Notice());
            await _rig.Time.Wait(i % 3 == 0 ? 0.25 : 0.01);
        }

        await _rig.Time.Until(() => _rig.Slack.Effects.Count == 100, 30);
        var times = _rig.Slack.Attempts.Select(attempt => attempt.At).ToList();
        Assert.All(times.Skip(10).Zip(times), pair => Assert.True(pair.First - pair.Second >= TimeSpan.FromSeconds(1)));
        Assert.InRange((times[^1] - times[0]).TotalSeconds, 9, 12);
    });

    [Fact]
    public void Dispatch_ChannelIsNotSetUp_GoesToTheNextOne() => _rig.Time.Run(async () =>
    {
        _rig.Missing.Add("slack");
        await _rig.EnqueueAsync(_rig.Notice("n-1"), next: ["email"]);
        await _rig.Time.Until(() => _rig.Email.Effects.Count == 1, 5);
        Assert.Empty(_rig.Slack.Attempts);
    });

    [Fact]
    public void Engage_AfterItWasSent_IsNotedAndNeverTakenBack() => _rig.Time.Run(async () =>
    {
        await _rig.EnqueueAsync(_rig.Notice("n-1", "t"));
        await _rig.Time.Wait(1);
        _rig.Queue().Engage("t", "acted");
        _rig.Queue().Engage("t", "seen");
        await _rig.Time.Wait(1);

        var row = _rig.Table.Row("n-1", "slack");
        Assert.Equal(("acted", "delivered"), (row.Engagement, row.Delivery));
    });

    [Fact]
    public void Update_StoreIsDownForAWhile_NothingIsSentTwice() => _rig.Time.Run(async () =>
    {
        var down = false;
        _rig.Table.Before = name => down && name == "update" ? throw new StorageException("down") : Task.CompletedTask;
        await _rig.EnqueueAsync(_rig.Notice("n-0"));
        await _rig.Time.Wait(1);
        down = true;
        await _rig.EnqueueAsync(_rig.Notice("n-1"));
        await _rig.Time.Wait(30);
        _rig.Queue().Resume();
        await _rig.Time.Wait(30);
        down = false;
        await _rig.Time.Wait(30);

        Assert.Equal(["n-0", "n-1"], _rig.Slack.Effects.Select(effect => effect.NoticeId));
        Assert.All(_rig.Table.Rows, row => Assert.False(row.IsOpen));
    });

    private static SendResult Failed(TimeSpan? retryAfter = null, Action? then = null)
    {
        then?.Invoke();
        return new SendResult { Outcome = SendOutcome.FailedForNow, Error = "no", RetryAfter = retryAfter };
    }
}
