using Microsoft.Extensions.Logging;
using Steward.Approvals;
using Steward.Connectors;
using Steward.Engines.Connectors.Webhooks;
using Steward.Engines.Notifications.Answers;
using Steward.Engines.Notifications.Rendering;
using Steward.Engines.Notifications.Slack;
using Steward.Errors;
using Steward.Identity;
using Steward.People;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>
/// Answers clicks in channels: believes a request only by the channel's own proof, finds the person whose account it was by the channel's own directory, and decides in that person's name, with the roles with which they last came
/// themselves. Only people who were told of the request through the platform can decide it here. Holds nothing.
/// </summary>
internal sealed partial class ChannelActions(
    ChannelRequests requests,
    IChannelPeople people,
    INotificationStore store,
    IGrainFactory grains,
    PlatformIdentity platform,
    ChannelPlans plans,
    ISlackResponder slack,
    TimeProvider time,
    ILogger<ChannelActions> logger)
{
    // Of one person about one request; of what is older than these nobody needs to know.
    private const int MostOfPerson = 500;

    // Slack takes an answer for three seconds; what takes longer is told later.
    private static readonly TimeSpan SlackPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    // A visit is noted once a day; who was not here since may have lost a role.
    private static readonly TimeSpan RolesHoldFor = TimeSpan.FromDays(2);

    /// <summary>Judges a request and does what it asks for.</summary>
    public async Task<HookAnswer> ReceiveAsync(string tenantId, NotificationSettings settings, string channel, HookDelivery delivery, CancellationToken cancellationToken)
    {
        var own = settings.Channels.FirstOrDefault(known => known.Channel == channel && channel is NotificationChannels.Slack or NotificationChannels.Teams);
        var (reading, target, answer) = await requests.JudgeAsync(tenantId, own, delivery, cancellationToken);
        if (answer is not null)
        {
            Count(channel, answer.Status == 200 ? "challenged" : "refused");
            return answer;
        }

        switch (reading)
        {
            case ClickFound { Click: var click }:
                return channel == NotificationChannels.Slack
                    ? await AnswerSlackAsync(tenantId, settings, own!, click, target!)
                    : await AnswerTeamsAsync(tenantId, settings, own!, click, target!, cancellationToken);
            case ClickMalformed malformed:
                Count(channel, "malformed");
                LogMalformed(logger, tenantId, channel, malformed.Reason);
                var text = ClickAnswer.Text(ClickOutcome.Malformed, settings.Locale);
                if (channel == NotificationChannels.Teams)
                {
                    return Json(TeamsClicks.WithError(ClickOutcome.Malformed, text));
                }

                Later(malformed.ResponseUrl is { } url ? PostAsync(url, text, target!, tenantId) : Task.CompletedTask);
                return Thanks();
            default:
                Count(channel, "ignored");
                return Thanks();
        }
    }

    private async Task<HookAnswer> AnswerSlackAsync(string tenantId, NotificationSettings settings, NotificationChannel own, ChannelClick click, HookTarget target)
    {
        // Goes on when Slack waits no longer.
        var deciding = DecideAndSayAsync();
        await deciding.WaitAsync(SlackPatience, time).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        if (!deciding.IsCompleted)
        {
            Later(deciding);
        }

        return Thanks();

        async Task DecideAndSayAsync()
        {
            using var limit = new CancellationTokenSource(Longest, time);
            var (decision, locale) = await DecideAsync(tenantId, settings, own, click, target, limit.Token);
            if (click.ResponseUrl is { } url)
            {
                Later(PostAsync(url, Text(decision, click, locale, settings), target, tenantId));
            }
        }
    }

    private async Task<HookAnswer> AnswerTeamsAsync(string tenantId, NotificationSettings settings, NotificationChannel own, ChannelClick click, HookTarget target, CancellationToken cancellationToken)
    {
        if (click.Verb == ClickVerb.Refresh)
        {
            return await RefreshAsync(tenantId, settings, own, click, target, cancellationToken);
        }

        var (decision, locale) = await DecideAsync(tenantId, settings, own, click, target, cancellationToken);
        var text = Text(decision, click, locale, settings);
        return Json(decision.IsVote ? TeamsClicks.WithMessage(text) : TeamsClicks.WithError(decision.Outcome, text));
    }

    /// <summary>The card as it stands for this person.</summary>
    private async Task<HookAnswer> RefreshAsync(string tenantId, NotificationSettings settings, NotificationChannel own, ChannelClick click, HookTarget target, CancellationToken cancellationToken)
    {
        var (person, _) = await FindPersonAsync(tenantId, own, click, target, cancellationToken);
        if (person?.Rows.LastOrDefault(row => row.Channel == own.Channel) is not { } row)
        {
            return Json(TeamsClicks.WithError(ClickOutcome.NotYours, ClickAnswer.Text(ClickOutcome.NotYours, settings.Locale)));
        }

        var rendered = NoticeRenderer.Render(QueueItem.DocumentOf(row).Notice, plans.Of(settings, own.Channel, own.Instance, own.Settings));
        return Json(TeamsClicks.WithCard(rendered.Payload));
    }

    private async Task<(ClickDecision Decision, string? Locale)> DecideAsync(
        string tenantId, NotificationSettings settings, NotificationChannel own, ChannelClick click, HookTarget target, CancellationToken cancellationToken)
    {
        ClickDecision decision;
        Acquaintance? person = null;
        try
        {
            (person, var isKnown) = await FindPersonAsync(tenantId, own, click, target, cancellationToken);
            decision = person is not null ? await VoteAsync(tenantId, person, click, cancellationToken)
                : !isKnown ? new ClickDecision(ClickOutcome.Unavailable)
                : new ClickDecision(ClickOutcome.UnknownPerson);
        }
#pragma warning disable CA1031 // Whoever clicked gets an answer; the vote is repeated by another click, which counts once.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogFailed(logger, exception, tenantId, own.Channel);
            decision = new ClickDecision(ClickOutcome.Unavailable);
        }

        Count(own.Channel, decision.Outcome.ToString().ToLowerInvariant());
        return (decision, person?.Rows.Select(row => QueueItem.DocumentOf(row).Notice.Recipient.Locale).LastOrDefault(locale => locale is not null) ?? settings.Locale);
    }

    /// <summary>The person of the tenant whose account clicked. Their id is the one under which the platform told them of this request; nobody's id is guessed from an address.</summary>
    /// <returns>The person, or null; and whether the channel's directory could be asked.</returns>
    private async Task<(Acquaintance? Person, bool IsKnown)> FindPersonAsync(string tenantId, NotificationChannel own, ChannelClick click, HookTarget target, CancellationToken cancellationToken)
    {
        // A proof may be good for the channel's other organisations, too.
        if ((target.Fields.GetValueOrDefault("directoryId") ?? own.Settings.GetValueOrDefault("organisation")) is { Length: > 0 } organisation && !organisation.Equals(click.ExternalTenantId, StringComparison.OrdinalIgnoreCase))
        {
            return (null, true);
        }

        var (email, isKnown) = await people.FindAsync(tenantId, own, click, cancellationToken);
        if (email is null)
        {
            return (null, isKnown);
        }

        List<NoticeRow> rows = [.. (await store.ListByAddressAsync(tenantId, click.ApprovalId, email.ToLowerInvariant(), MostOfPerson, cancellationToken))
            .Where(row => row.Address is not null || email.Equals(QueueItem.DocumentOf(row).Notice.Recipient.Email, StringComparison.OrdinalIgnoreCase)).Reverse()];
        if (rows.Select(row => row.Recipient).Distinct(StringComparer.Ordinal).Count() == 1)
        {
            return (new Acquaintance(rows[^1].Recipient, email, QueueItem.DocumentOf(rows[^1]).Notice.Recipient.Name, rows), true);
        }

        // A person of the organisation, whom nobody asked; or one address of two people, of which neither is safe.
        return (new Acquaintance(null, email, null, rows), true);
    }

    private async Task<ClickDecision> VoteAsync(string tenantId, Acquaintance person, ChannelClick click, CancellationToken cancellationToken)
    {
        if (!GrainKeys.IsValidPart(click.ApprovalId, 'a'))
        {
            return new ClickDecision(ClickOutcome.NotFound);
        }

        if (person.UserId is not { } userId)
        {
            return new ClickDecision(ClickOutcome.NotYours);
        }

        platform.Assume(tenantId);
        var seen = await grains.GetGrain<IPersonGrain>(GrainKeys.Person(tenantId, userId)).GetLastSeen(cancellationToken);
        var approval = grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(tenantId, click.ApprovalId));
        if (seen is null && await approval.Get(cancellationToken) is { Request.Requester.Email: null })
        {
            // By the address alone nobody can tell this person from whoever asked; a sign-in can.
            return new ClickDecision(ClickOutcome.UnknownPerson);
        }

        ClickDecision decision;
        try
        {
            // Nobody has a role here that they did not lately come with themselves.
            var roles = seen is not null && time.GetUtcNow() - seen.At <= RolesHoldFor ? seen.Roles : [];
            platform.AssumePerson(new CallerIdentity { TenantId = tenantId, UserId = userId, Roles = roles, Name = person.Name, Email = person.Email });
            decision = ClickDecision.OfVote(await approval.Decide(
                new DecideApproval
                {
                    Decision = click.Verb == ClickVerb.Approve ? "approve" : "reject",
                    SubjectHash = click.SubjectHash,
                    Channel = click.Channel,
                    OperationId = click.OperationId,
                },
                cancellationToken));
        }
        catch (StewardException exception)
        {
            platform.Assume(tenantId);
            decision = ClickDecision.OfRefusal(exception, await approval.Get(cancellationToken), click.SubjectHash, userId);
        }

        if (decision.IsVote)
        {
            await NoteAsync(tenantId, userId, person.Rows);
        }

        return decision;
    }

    // That statuses lag is no reason to say that the vote does not count.
    private async Task NoteAsync(string tenantId, string userId, IReadOnlyList<NoticeRow> rows)
    {
        try
        {
            platform.Assume(tenantId);
            var queues = rows.Where(row => row.Channel != NotificationChannels.InApp).Select(row => (row.Channel, row.ThreadId)).Distinct()
                .Select(thread => grains.GetGrain<INotificationQueueGrain>(GrainKeys.NotificationQueue(tenantId, thread.Channel)).Engaged(thread.ThreadId, NoticeEngagement.Acted));
            var inbox = grains.GetGrain<IInboxGrain>(GrainKeys.Inbox(tenantId, userId));
            await Task.WhenAll([.. queues, .. rows.Select(row => row.ThreadId).Distinct().Select(thread => inbox.Mark(new MarkInbox { ActedOn = thread }))]);
        }
#pragma warning disable CA1031 // The vote stands.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotNoted(logger, exception, tenantId);
        }
    }

    private async Task PostAsync(Uri url, string text, HookTarget target, string tenantId)
    {
        using var limit = new CancellationTokenSource(Longest, time);
        try
        {
            if (await slack.TryAnswerAsync(url, text, target.Simulator, limit.Token))
            {
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The time was up.
        }

        LogNotAnswered(logger, tenantId);
    }

    private string Text(ClickDecision decision, ChannelClick click, string? locale, NotificationSettings settings)
    {
        var text = ClickAnswer.Text(decision.Outcome, locale, click.Verb == ClickVerb.Approve ? "approve" : "reject", decision.Status, decision.By);
        var address = plans.Of(settings, click.Channel, null, new Dictionary<string, string>()).PublicAddress;

        // Whoever the channel cannot prove signs in.
        return decision.Outcome is ClickOutcome.UnknownPerson or ClickOutcome.NotYours or ClickOutcome.Unavailable && address is not null && GrainKeys.IsValidPart(click.ApprovalId, 'a')
            ? $"{text} {address}/approvals#{click.ApprovalId}"
            : text;
    }

    // Neither deciding nor answering throws for what goes wrong in them; what else does is a defect, and shows in the log.
    private void Later(Task task) => _ = task.ContinueWith(
        static (ended, state) => LogDefect((ILogger)state!, ended.Exception!), logger, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Current);

    private static HookAnswer Thanks() => new() { Status = 200 };

    private static HookAnswer Json(string body) => new() { Status = 200, ContentType = "application/json", Body = body };

    private static void Count(string channel, string outcome) =>
        NotificationDiagnostics.Actions.Add(1, new("channel", channel is NotificationChannels.Slack or NotificationChannels.Teams ? channel : "other"), new("outcome", outcome));

    /// <summary>Whoever clicked, as the platform knows them.</summary>
    private sealed record Acquaintance(string? UserId, string Email, string? Name, IReadOnlyList<NoticeRow> Rows);

    [LoggerMessage(EventId = 1943, Level = LogLevel.Warning, Message = "A genuine request of {Channel} for {Tenant} could not be read: {Reason}")]
    private static partial void LogMalformed(ILogger logger, string tenant, string channel, string reason);

    [LoggerMessage(EventId = 1944, Level = LogLevel.Warning, Message = "A click in {Channel} of {Tenant} could not be worked on now")]
    private static partial void LogFailed(ILogger logger, Exception exception, string tenant, string channel);

    [LoggerMessage(EventId = 1945, Level = LogLevel.Warning, Message = "That somebody of {Tenant} acted could not be noted with their notices")]
    private static partial void LogNotNoted(ILogger logger, Exception exception, string tenant);

    [LoggerMessage(EventId = 1947, Level = LogLevel.Error, Message = "Answering a click met a defect")]
    private static partial void LogDefect(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1946, Level = LogLevel.Warning, Message = "Somebody of {Tenant} who clicked could not be answered")]
    private static partial void LogNotAnswered(ILogger logger, string tenant);
}
