using Steward.Identity;
using Steward.Operations;
using Steward.Runs;
using Steward.Sessions;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>
/// How an erasure comes to conversations, those that had begun when it was asked for: one after the other, with their runs, and what those have stored. What counts is what the journals have, not when they were written:
/// servers' clocks differ, people go on writing meanwhile, and a copy may be made of what is about to go.
/// </summary>
internal sealed partial class UserMemoryGrain
{
    private const int Page = 200;

    // A conversation that was copied while a pass went by may have its copy where the pass had been; and that one, in the next.
    private const int PassesWithoutAny = 2;

    /// <summary>How far the clock of a server may be ahead.</summary>
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromHours(1);

    private readonly Dictionary<string, long> _emptied = new(StringComparer.Ordinal);

    /// <summary>Removes the texts of all conversations of the person that had begun when it was asked for, and are at rest.</summary>
    /// <returns>Whether none is left.</returns>
    private async Task<bool> EraseConversationsAsync()
    {
        for (var without = 0; without < PassesWithoutAny;)
        {
            var (found, isDone) = await PassAsync();
            if (!isDone)
            {
                return false;
            }

            without = found ? 0 : without + 1;
        }

        return true;
    }

    private async Task<(bool Found, bool IsDone)> PassAsync()
    {
        var (now, found, isDone) = (Now, false, true);
        await foreach (var head in ConversationsAsync())
        {
            if (_stops)
            {
                return (found, false);
            }

            if (await FindBegunAsync(head.Journal, []) is { } session)
            {
                found = true;
                isDone &= await EraseConversationAsync(head.Journal, session.LastSequence, now);
            }
        }

        return (found, isDone);
    }

    /// <summary>The journals of all conversations that hold more than a receipt, whatever is going on in them; or of those among them that were touched after a time.</summary>
    private async IAsyncEnumerable<JournalHead> ConversationsAsync(DateTimeOffset? touchedAfter = null)
    {
        string? after = null;
        do
        {
            var heads = await _journals.ListAsync(Key + "/s-", Page, after);
            foreach (var head in heads)
            {
                if (!(head.TouchedAt <= touchedAfter) && !await IsEmptiedAsync(head))
                {
                    yield return head;
                }
            }

            after = heads.Count == Page ? heads[^1].Journal : null;
        }
        while (after is not null);
    }

    private async Task<bool> IsEmptiedAsync(JournalHead head)
    {
        if (_emptied.TryGetValue(head.Journal, out var sequence) && sequence == head.Sequence)
        {
            return true;
        }

        if (await _journals.ReadTailAsync(head.Journal, 1) is not [{ Type: SessionRecordTypes.Retired } last])
        {
            return false;
        }

        _emptied[head.Journal] = last.Sequence;
        return true;
    }

    /// <summary>The conversations that are there and that a clock ahead of this one may have dated later than now.</summary>
    private async Task<List<string>> RecentConversationsAsync()
    {
        var recent = new List<string>();
        await foreach (var head in ConversationsAsync(Now - ClocksDiffer))
        {
            recent.Add(GrainKeys.LastPart(head.Journal));
        }

        return recent;
    }

    // What was there at the very moment of the request is named by it. A copy of what had begun had begun with it.
    private async Task<SessionInfo?> FindBegunAsync(string sessionKey, HashSet<string> seen)
    {
        _platform.Assume(TenantId);
        return await GrainFactory.GetGrain<ISessionGrain>(sessionKey).GetInfo() is { } session
            && (session.CreatedAt < State.Erasure!.RequestedAt
                || State.ErasedWithIt.Contains(session.SessionId)
                || (session.ForkedFrom is { } origin && seen.Add(origin) && await FindBegunAsync($"{Key}/{origin}", seen) is not null))
            ? session
            : null;
    }

    private async Task<bool> EraseConversationAsync(string sessionKey, long sequence, DateTimeOffset now)
    {
        var runs = await RunsOfAsync(sessionKey);
        var step = new MemoryEraseStep { SessionId = GrainKeys.LastPart(sessionKey), Runs = runs.Count };
        if (!State.ErasedSessions.Contains(step.SessionId))
        {
            await _journal!.AppendAsync(MemoryRecordTypes.EraseStep, step, MemoryJson.Default.MemoryEraseStep, () => new JournalWake(Now));
        }

        var heads = new List<JournalHead>();
        foreach (var runId in runs)
        {
            if (await _journals.GetHeadAsync(GrainKeys.Run(TenantId, runId)) is { } head)
            {
                heads.Add(head);
            }
        }

        // One that is at work, or waits for somebody, goes when it is over, with what only it refers to.
        var resting = new List<string>();
        foreach (var head in heads.Where(head => !head.Open && head.WakeAt is null))
        {
            _platform.Assume(TenantId);
            if (await GrainFactory.GetGrain<IRunGrain>(head.Journal).GetStatus() is { HasEnded: true })
            {
                resting.Add(head.Journal);
            }
        }

        await EraseContentsAsync(step.SessionId, resting, [.. heads.Select(head => head.Journal).Except(resting, StringComparer.Ordinal)]);
        var isDone = resting.Count == heads.Count;
        foreach (var run in resting)
        {
            _platform.Assume(TenantId);
            isDone &= await GrainFactory.GetGrain<IRunGrain>(run).Retire(now);
        }

        // Its runs are found by it: it goes last, and not when it has got another one meanwhile.
        _platform.Assume(TenantId);
        return isDone && await GrainFactory.GetGrain<ISessionGrain>(sessionKey).RetireThrough(sequence);
    }

    /// <summary>Removes what runs have stored by hash, before their journals, which say what that is, go.</summary>
    private async Task EraseContentsAsync(string sessionId, List<string> runs, List<string> others)
    {
        var contents = new RunContents(_journals, _contents);
        var found = await contents.FindAsync(runs, others, CancellationToken.None);
        if (found.Names.Count == 0 && found.Shared == 0)
        {
            return;
        }

        var mark = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', runs.Order(StringComparer.Ordinal))));
        var part = new MemoryEraseContents { Part = $"{sessionId}/{mark[..16]}", Contents = found.Names.Count, Shared = found.Shared };
        if (!State.ErasedContents.Contains(part.Part))
        {
            await _journal!.AppendAsync(MemoryRecordTypes.EraseContents, part, MemoryJson.Default.MemoryEraseContents, () => new JournalWake(Now));
        }

        await contents.RemoveAsync(TenantId, found, CancellationToken.None);
    }

    private async Task<HashSet<string>> RunsOfAsync(string sessionKey)
    {
        var runs = new HashSet<string>(StringComparer.Ordinal);
        for (long? after = 0; after is { } place;)
        {
            var page = await Transcript.ReadAsync(_journals, sessionKey, place, Page, CancellationToken.None);
            runs.UnionWith(page.Messages.Select(message => message.RunId));
            after = page.NextAfterSequence;
        }

        return runs;
    }
}
