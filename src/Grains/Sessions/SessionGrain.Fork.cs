using Steward.Errors;
using Steward.Identity;

namespace Steward.Sessions;

/// <summary>How a session becomes a copy of another one. The journal says what is copied already, so that any activation completes it.</summary>
internal sealed partial class SessionGrain
{
    /// <inheritdoc/>
    public async Task<SessionInfo> Fork(ForkSession command, CancellationToken cancellationToken = default)
    {
        MessageRules.CheckTitle(command.Title);
        if (command.ThroughSequence < 1)
        {
            throw StewardException.Invalid("throughSequence", "must be the sequence number of a message of the session.");
        }

        var origin = new ForkOrigin(command.SourceSessionId, command.ThroughSequence);
        var source = Source(origin);
        if (!Conversation.IsOpen)
        {
            await RequireMessage(source, command.ThroughSequence, cancellationToken);
            await Append(open: true, (SessionRecordTypes.Opened, new SessionOpened { Title = command.Title, ForkOf = origin }, null));
            SessionDiagnostics.Opened.Add(1);
        }
        else if (Conversation.ForkOf != origin)
        {
            throw new StewardException(ErrorCodes.Conflict, "There is a session with this id that is no copy of this one up to this message. Choose a new id.") { Field = "sessionId" };
        }

        await CompleteFork(cancellationToken);
        return Info();
    }

    /// <summary>Copies what is not copied yet.</summary>
    private async Task CompleteFork(CancellationToken cancellationToken)
    {
        if (!Conversation.IsForking || Conversation.ForkOf is not { } origin)
        {
            return;
        }

        var source = Source(origin);
        for (var after = Conversation.CopiedThrough; Conversation.IsForking;)
        {
            _platform.Assume(TenantId);
            var page = await source.ReadTranscript(after, MaxPageSize, cancellationToken);
            var isLast = page.NextAfterSequence is null || page.Messages[^1].Sequence >= origin.ThroughSequence;
            var records = page.Messages
                .Where(message => message.Sequence <= origin.ThroughSequence && !message.RolledBack)
                .Select(message => (SessionRecordTypes.Copied, (SessionRecord)Copy(message), (string?)null))
                .ToList();
            if (isLast)
            {
                records.Add((SessionRecordTypes.Forked, new SessionForked(), null));
            }

            if (records.Count > 0)
            {
                await Append(open: !isLast, [.. records]);
            }

            after = page.NextAfterSequence ?? after;
        }
    }

    // Of the same user by construction: the user is that of this session's key.
    private ISessionGrain Source(ForkOrigin origin)
    {
        var key = GrainKeys.Session(TenantId, Key.Split('/')[1], origin.SessionId);
        return string.Equals(key, Key, StringComparison.Ordinal)
            ? throw StewardException.Invalid("sessionId", "a session cannot be a copy of itself.")
            : GrainFactory.GetGrain<ISessionGrain>(key);
    }

    private async Task RequireMessage(ISessionGrain source, long sequence, CancellationToken cancellationToken)
    {
        _platform.Assume(TenantId);

        // Only this method of the source is called: it interleaves, so that two sessions which copy each other do not wait for each other.
        var page = await source.ReadTranscript(sequence - 1, 1, cancellationToken);
        if (page.Messages is [{ RolledBack: false } message] && message.Sequence == sequence)
        {
            return;
        }

        throw (await source.ReadTranscript(0, 1, cancellationToken)).Messages.Count == 0
            ? StewardException.NotFound("The session, or any message in it,")
            : StewardException.Invalid("throughSequence", "must be the sequence number of a message of the session that was not rolled back.");
    }

    private static MessageCopied Copy(TranscriptMessage message) => new()
    {
        SourceSequence = message.Sequence,
        Role = message.Role,
        Text = message.Text,
        RunId = message.RunId,
        At = message.At,
        State = message.RunState,
    };
}
