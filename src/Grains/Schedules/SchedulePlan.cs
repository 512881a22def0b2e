using Steward.Engines.Definitions;
using Steward.Engines.Orchestration.Schedules;
using Steward.Errors;
using Steward.Identity;
using Steward.Sessions;

namespace Steward.Schedules;

/// <summary>A schedule's line and zone, checked and ready to be asked. Pure.</summary>
internal sealed class SchedulePlan(CronExpression cron, TimeZoneInfo zone, CatchUpPolicy catchUp)
{
    private const int MaxNameLength = 100;
    private const int MaxTextLength = 32_000;

    /// <summary>Checks what somebody wants to have scheduled.</summary>
    /// <exception cref="StewardException">It cannot be; the error names the field and what is allowed.</exception>
    public static SchedulePlan Check(CreateSchedule spec, DateTimeOffset now)
    {
        if (spec.Name is not { Length: >= 1 and <= MaxNameLength } || string.IsNullOrWhiteSpace(spec.Name))
        {
            throw StewardException.Invalid("name", $"must have 1 to {MaxNameLength} characters and not be blank.");
        }

        if (spec.Text is not { Length: >= 1 and <= MaxTextLength } || string.IsNullOrWhiteSpace(spec.Text))
        {
            throw StewardException.Invalid("text", $"must have 1 to {MaxTextLength:N0} characters and not be blank.");
        }

        if (!Enum.IsDefined(spec.CatchUp))
        {
            throw StewardException.Invalid("catchUp", "must be none, last or all.");
        }

        if (!Enum.IsDefined(spec.Overlap))
        {
            throw StewardException.Invalid("overlap", "must be allow or skip.");
        }

        if (spec.WebhookId is { } webhook && !GrainKeys.IsValidPart(webhook, 'w'))
        {
            throw StewardException.Invalid("webhookId", "must be the id of a webhook, w-….");
        }

        if (spec.Agent is { } agent)
        {
            // Else every message of the schedule would be refused.
            MessageRules.CheckAgent(agent);
        }

        if (!TimeZones.TryFind(spec.TimeZone, out var zone))
        {
            throw StewardException.Invalid("timeZone", "is not known. It must be the name of a time zone of the IANA database, for example Europe/Berlin or UTC.");
        }

        CronExpression cron;
        try
        {
            cron = CronExpression.Parse(spec.Cron ?? "");
        }
        catch (CronFormatException exception)
        {
            // Without its cause: an engine's exception does not travel.
            throw StewardException.Invalid("cron", exception.Message);
        }

        return cron.Next(now, zone) is not null
            ? new SchedulePlan(cron, zone, (CatchUpPolicy)spec.CatchUp)
            : throw new StewardException(ErrorCodes.ScheduleNeverFires, $"cron: '{cron.Text}' has no time in the next eight years. Its day and month must come together in some year.") { Field = "cron" };
    }

    /// <summary>A plan that was checked when it was made; null when this machine does not know its time zone any more.</summary>
    public static SchedulePlan? Restore(CreateSchedule spec) =>
        TimeZones.TryFind(spec.TimeZone, out var zone) ? new SchedulePlan(CronExpression.Parse(spec.Cron), zone, (CatchUpPolicy)spec.CatchUp) : null;

    /// <summary>The next time after a moment.</summary>
    public DateTimeOffset? Next(DateTimeOffset after) => cron.Next(after, zone);

    /// <summary>What has come due, or null when nothing has.</summary>
    public ScheduleDue? DueAt(DateTimeOffset seenTo, DateTimeOffset now)
    {
        if (Next(seenTo) is not { } first || first > now)
        {
            return null;
        }

        var times = ScheduleClock.Due(cron, zone, catchUp, seenTo, now);
        return new ScheduleDue { SeenTo = now, Times = times, MissedSince = times.Count == 0 || times[0] > first ? first : null };
    }
}
