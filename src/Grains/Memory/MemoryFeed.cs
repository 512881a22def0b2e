using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Memory.Extraction;
using Steward.Errors;
using Steward.Identity;
using Steward.Sessions;

namespace Steward.Memory;

/// <summary>
/// Brings what messages say of their authors to these persons' memories, beside the work on the message. The message itself goes nowhere. A message that was not brought there keeps its session's journal open, so that whatever is lost, it is looked through again;
/// the memory takes each message once.
/// </summary>
internal sealed class MemoryFeed(MessageReader reader, IGrainFactory grains, PlatformIdentity platform, IOptions<MemoryOptions> options, TimeProvider time, ILogger<MemoryFeed> logger)
{
    // What was done matters less with time than what somebody said of themselves.
    private const double DoneConfidence = 0.5;

    private const int MaxCounts = 100_000;
    private static readonly TimeSpan CountsFor = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, (bool IsWanted, DateTimeOffset At)> _counts = new(StringComparer.Ordinal);

    /// <summary>How long the end of a run waits for it.</summary>
    public TimeSpan Patience => options.Value.NotePatience;

    /// <summary>Takes a message in.</summary>
    /// <returns>Completes when everything that it says is durable; fails when it is not.</returns>
    public Task RememberAsync(string sessionKey, UserMessageAccepted message, DateTimeOffset at)
    {
        // Only what persons write themselves is theirs.
        if (!options.Value.IsEnabled
            || message.Requester.Roles.Contains(WellKnownRoles.System)
            || GrainKeys.UserOf(sessionKey) != message.Requester.UserId
            || Schedules.ScheduleRunHook.IsOfASchedule(sessionKey))
        {
            return Task.CompletedTask;
        }

        // Neither the caller's identity nor its activation's scheduler belong to this.
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(() => ReadAsync(sessionKey, message, at));
        }
    }

    /// <summary>Takes in what a run did in other systems, in the words of its actions: what an earlier conversation came to.</summary>
    /// <returns>Completes when it is durable; fails when it is not. What a run only asked for, without doing anything, is not waited for: a count that is lost with a silo hurts nobody.</returns>
    public Task RememberDoneAsync(string sessionKey, RunReport report, DateTimeOffset at)
    {
        var (effects, keepsWaiting) = (report.Effects, report.Effects.Count > 0 || report.Open.Count > 0);
        if (!options.Value.IsEnabled || (!keepsWaiting && report.Topic is null) || GrainKeys.UserOf(sessionKey) is not { } user || Schedules.ScheduleRunHook.IsOfASchedule(sessionKey))
        {
            return Task.CompletedTask;
        }

        var text = Kept(string.Join("; ", effects));
        var done = new NoteStatements
        {
            MessageId = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{GrainKeys.LastPart(sessionKey)}/{report.RunId}/done-{report.Attempt}"),
            SaidAt = at,
            Source = MemorySource.System,
            Request = new NotedRequest { RunId = report.RunId, Topic = report.Topic is { Length: <= 200 } topic ? topic : null, Open = [.. report.Open.Select(Kept)] },
            Statements = effects.Count == 0 ? [] :
            [
                new MemoryStatement
                {
                    Kind = MemoryKind.Interaction,
                    Subject = Statement.Speaker,
                    Slot = "conversation",
                    Value = text.Length <= MemoryRules.MaxValue ? text : text[..MemoryRules.MaxValue],
                    Confidence = DoneConfidence,
                },
            ],
        };
        using (ExecutionContext.SuppressFlow())
        {
            if (keepsWaiting)
            {
                return Task.Run(() => NoteAsync(sessionKey, user, done));
            }

            _ = Task.Run(() => CountAsync(sessionKey, user, done));
            return Task.CompletedTask;
        }
    }

    // What is not seen goes first: it may part what is to be masked.
    private static string Kept(string text) => MemoryText.Masked(MemoryText.Seen(string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries))));

    // Most people do not have their requests counted: their memories are asked seldom.
    private async Task CountAsync(string sessionKey, string userId, NoteStatements request)
    {
        try
        {
            var key = GrainKeys.UserMemory(GrainKeys.TenantOf(sessionKey), userId);
            if (!_counts.TryGetValue(key, out var counts) || time.GetUtcNow() - counts.At >= CountsFor)
            {
                platform.Assume(GrainKeys.TenantOf(sessionKey));
                counts = (await grains.GetGrain<IUserMemoryGrain>(key).CountsRequests(), time.GetUtcNow());
                if (_counts.Count >= MaxCounts)
                {
                    _counts.Clear();
                }

                _counts[key] = counts;
            }

            if (counts.IsWanted)
            {
                await NoteAsync(sessionKey, userId, request);
            }
        }
#pragma warning disable CA1031 // Nobody waits for it, and a count less hurts nobody.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            MemoryLog.NotRemembered(logger, exception, sessionKey);
        }
    }

    private async Task NoteAsync(string sessionKey, string userId, NoteStatements statements)
    {
        try
        {
            var tenantId = GrainKeys.TenantOf(sessionKey);
            platform.Assume(tenantId);
            await grains.GetGrain<IUserMemoryGrain>(GrainKeys.UserMemory(tenantId, userId)).Note(statements);
        }
        catch (StewardException exception) when (exception.Code == ErrorCodes.MemoryUnreadable)
        {
            // Its key was destroyed: there is nothing to add to before the person erases it.
            MemoryLog.NotRemembered(logger, exception, sessionKey);
        }
        catch (Exception exception)
        {
            MemoryLog.NotRemembered(logger, exception, sessionKey);
            throw;
        }
    }

    // What holds is asked for each message: it is written down what became of it, so a message that is looked through again finds itself taken.
    private async Task<IReadOnlyList<HeldValue>> HeldAsync(string sessionKey, string userId, DateTimeOffset at)
    {
        try
        {
            var tenantId = GrainKeys.TenantOf(sessionKey);
            platform.Assume(tenantId);
            var held = await grains.GetGrain<IUserMemoryGrain>(GrainKeys.UserMemory(tenantId, userId)).ListHeld(at);
            return [.. held.Select(value => new HeldValue(value.Slot, value.Value, value.IsLatest))];
        }
        catch (StewardException exception) when (exception.Code == ErrorCodes.MemoryUnreadable)
        {
            return [];
        }
        catch (Exception exception)
        {
            MemoryLog.NotRemembered(logger, exception, sessionKey);
            throw;
        }
    }

    private async Task ReadAsync(string sessionKey, UserMessageAccepted message, DateTimeOffset at)
    {
        var found = await reader.ReadAsync(GrainKeys.TenantOf(sessionKey), message.Requester.UserId, message.RunId, message.Text);
        var statements = options.Value.ReadsAgainstHeld && HeldReader.MayChange(message.Text) ? HeldReader.Read(message.Text, await HeldAsync(sessionKey, message.Requester.UserId, at), found) : found;
        var taken = statements.Where(statement => statement.Value.Length <= MemoryRules.MaxValue).Take(32).Select(statement => new MemoryStatement
        {
            Kind = (MemoryKind)statement.Kind,
            Subject = statement.Subject,
            Slot = statement.Slot,
            Value = MemoryText.Seen(statement.Value).Trim(),
            IsRetraction = statement.IsRetraction,
            Confidence = statement.Confidence,
            When = statement.When is { Length: <= MemoryRules.MaxWhen } when ? when : null,
        }).ToList();
        if (taken.Count > 0)
        {
            await NoteAsync(sessionKey, message.Requester.UserId, new NoteStatements { MessageId = $"{GrainKeys.LastPart(sessionKey)}/{message.RunId}", SaidAt = at, Statements = taken });
        }
    }
}
