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
internal sealed class MemoryFeed(IStatementExtractor extractor, IGrainFactory grains, PlatformIdentity platform, IOptions<MemoryOptions> options, ILogger<MemoryFeed> logger)
{
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
            return Task.Run(() => NoteAsync(sessionKey, message, at));
        }
    }

    private async Task NoteAsync(string sessionKey, UserMessageAccepted message, DateTimeOffset at)
    {
        try
        {
            var statements = await extractor.ExtractAsync(message.Text, CancellationToken.None);
            if (statements.Count == 0)
            {
                return;
            }

            var tenantId = GrainKeys.TenantOf(sessionKey);
            platform.Assume(tenantId);
            await grains.GetGrain<IUserMemoryGrain>(GrainKeys.UserMemory(tenantId, message.Requester.UserId)).Note(new NoteStatements
            {
                MessageId = $"{GrainKeys.LastPart(sessionKey)}/{message.RunId}",
                SaidAt = at,
                Statements =
                [
                    .. statements.Where(statement => statement.Value.Length <= MemoryRules.MaxValue).Take(32).Select(statement => new MemoryStatement
                    {
                        Kind = (MemoryKind)statement.Kind,
                        Subject = statement.Subject,
                        Slot = statement.Slot,
                        Value = statement.Value,
                        IsRetraction = statement.IsRetraction,
                        Confidence = statement.Confidence,
                    }),
                ],
            });
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
}
