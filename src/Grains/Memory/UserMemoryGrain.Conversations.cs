using Steward.Identity;
using Steward.Operations;
using Steward.Runs;
using Steward.Sessions;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>How an erasure comes to conversations, those that had begun when it was asked for: one after the other, with their runs, and what those have stored.</summary>
internal sealed partial class UserMemoryGrain
{
    private const int Page = 200;

    /// <summary>Removes the texts of all conversations of the person that had begun when it was asked for, and are at rest.</summary>
    /// <returns>Whether none is left.</returns>
    private async Task<bool> EraseConversationsAsync()
    {
        var now = Now;
        var prefix = Key + "/s-";
        return await AllAsync(after => _journals.ListOpenAsync(prefix, now, Page, after), static _ => Task.FromResult(false))
            & await AllAsync(after => _journals.ListClosedAsync(prefix, now, Page, after), journal => EraseConversationAsync(journal, now));
    }

    private async Task<bool> AllAsync(Func<string?, ValueTask<IReadOnlyList<JournalHead>>> list, Func<string, Task<bool>> erase)
    {
        var isDone = true;
        string? after = null;
        while (!_stops)
        {
            var heads = await list(after);
            foreach (var head in heads)
            {
                isDone &= !await HadBegunAsync(head.Journal) || await erase(head.Journal);
            }

            if (heads.Count < Page)
            {
                return isDone;
            }

            after = heads[^1].Journal;
        }

        return false;
    }

    private async Task<bool> HadBegunAsync(string sessionKey)
    {
        _platform.Assume(TenantId);
        return await GrainFactory.GetGrain<ISessionGrain>(sessionKey).GetInfo() is { } session
            && (session.CreatedAt <= State.Erasure!.RequestedAt || (session.ForkedFrom is { } origin && await HadBegunAsync($"{Key}/{origin}")));
    }

    private async Task<bool> EraseConversationAsync(string sessionKey, DateTimeOffset now)
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

        // Its runs are found by it: it goes last.
        _platform.Assume(TenantId);
        return isDone && await GrainFactory.GetGrain<ISessionGrain>(sessionKey).Retire(now);
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
