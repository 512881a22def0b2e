using System.Text.Json;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.Mirroring;
using Steward.Engines.Connectors;

namespace Steward.Approvals;

/// <summary>One attempt at bringing a record in step: calls the tenant's connector, and notes what was learnt. Used by one at a time.</summary>
internal sealed class MirrorSession(IMirroredApproval approval, MirrorDefinition definition, ITenantConnectors connectors, MirrorPeople people, TimeProvider time)
{
    /// <summary>The approval as it stands now.</summary>
    public ApprovalState State => approval.State;

    /// <summary>The connector instance.</summary>
    public string Instance => definition.Instance;

    /// <summary>What is known of the record. What is set here is durable with the next note.</summary>
    public MirrorState Mirror { get; set; } = approval.State.Mirror ?? new() { NextAt = approval.State.ChangedAt };

    /// <summary>What the record carries so that it is found again.</summary>
    public string Marker => MirrorText.MarkerOf(State.Request.ApprovalId);

    /// <summary>A setting of the mirror, or its standard.</summary>
    public string? Setting(string name) => MirrorSettings.Of(definition, name);

    /// <summary>Notes what is known.</summary>
    public Task NoteAsync(string? reason = null) => approval.NoteAsync(Mirror, reason);

    /// <summary>Asks the other system.</summary>
    /// <exception cref="MirrorException">It does not answer.</exception>
    public async Task<JsonElement> ReadAsync(string operation, object arguments, CancellationToken cancellationToken) =>
        ResultOf(await connectors.ExecuteAsync(Request($"read/{operation}", operation, arguments), cancellationToken));

    /// <summary>Sets something there that is looked at before it is set again: doing it twice does no harm.</summary>
    /// <exception cref="MirrorException">It was not done, or that is not known.</exception>
    public async Task<JsonElement> SetAsync(string operation, object arguments, CancellationToken cancellationToken) =>
        ResultOf(await connectors.ExecuteAsync(Request($"set/{State.Version}/{operation}", operation, arguments), cancellationToken));

    /// <summary>
    /// Does something there once. That it is about to be sent is durable before it is; an attempt whose outcome is not known is looked up there before anything is sent again. The caller notes the result.
    /// </summary>
    /// <param name="key">Tells it from everything else that is done for this approval.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="arguments">The arguments, the same for every attempt.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MirrorException">It was not done, or that is not known.</exception>
    public async Task<JsonElement> OnceAsync(string key, string operation, object arguments, CancellationToken cancellationToken)
    {
        if (await FindEarlierAsync(key, operation, arguments, cancellationToken) is { } earlier)
        {
            return earlier;
        }

        Mirror = Mirror with { Sending = key, SentAt = time.GetUtcNow() };
        await NoteAsync();
        var outcome = await connectors.ExecuteAsync(Request(key, operation, arguments), cancellationToken);
        if (outcome is not ActionUnknown)
        {
            Mirror = Mirror with { Sending = null, SentAt = null };
        }

        return ResultOf(outcome);
    }

    /// <summary>What an earlier attempt of <see cref="OnceAsync"/> did, by the other system; null when there was none, or it did nothing.</summary>
    /// <exception cref="MirrorException">That cannot be told now.</exception>
    public async Task<JsonElement?> FindEarlierAsync(string key, string operation, object arguments, CancellationToken cancellationToken)
    {
        if (Mirror.Sending != key || Mirror.SentAt is not { } sentAt)
        {
            return null;
        }

        switch (await connectors.ReconcileAsync(Request(key, operation, arguments), sentAt, cancellationToken))
        {
            case ReconciledDone done:
                Mirror = Mirror with { Sending = null, SentAt = null };
                return done.Result;
            case ReconciledNotDone:
                Mirror = Mirror with { Sending = null, SentAt = null };
                return null;
            case ReconcileUnknown unknown:
                throw new MirrorException(unknown.Reason);
            default:
                throw new MirrorException("The system could not be asked.");
        }
    }

    /// <summary>Counts that something is set again that was set before; past a bound nothing more is, so that a rule of the other system that undoes it every time is no endless loop.</summary>
    /// <exception cref="MirrorException">It was too often.</exception>
    public void Correct() => Mirror = MirrorRetries.Corrected(Mirror, time.GetUtcNow())
        ?? throw new MirrorException($"What Steward sets in {Instance} is undone there again and again: {MirrorRetries.MaxCorrections} times in an hour.");

    /// <summary>What the record is given to say.</summary>
    public MirrorContent Content() => MirrorText.ContentOf(Setting("title")!, Setting("description")!, State);

    /// <summary>Makes the record, unless an earlier attempt did. What it is given to say is durable before it is sent.</summary>
    /// <returns>The other system's answer; null when the request is over and nothing was made.</returns>
    public async Task<JsonElement?> CreateAsync(string operation, Func<MirrorContent, object> arguments, CancellationToken cancellationToken)
    {
        var content = Content();
        if (await FindEarlierAsync(CreateKey, operation, arguments(content), cancellationToken) is { } earlier)
        {
            return earlier;
        }

        if (State.IsOver)
        {
            return null;
        }

        Mirror = Mirror with { ContentHash = content.Hash, IsCut = content.IsCut };
        return await OnceAsync(CreateKey, operation, arguments(content), cancellationToken);
    }

    /// <summary>Lets the approval judge what somebody decided there.</summary>
    /// <param name="decision">What.</param>
    /// <param name="change">Which change, the same for repetitions.</param>
    /// <param name="account">Whose account it was, as the other system has it.</param>
    /// <param name="said">The hash of what the record says there now (<see cref="MirrorText.HashOf"/>); null when it does not surely say what it said when it was decided.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MirrorException">It cannot be judged now, only later.</exception>
    public async Task<MirrorVerdict> JudgeAsync(NativeDecision decision, string change, NativeAccount account, string? said, CancellationToken cancellationToken)
    {
        if (decision == NativeDecision.Approved && !State.IsOver && (Mirror.IsCut || said is null || said != Mirror.ContentHash))
        {
            // Whoever approved it there may have seen something else than what would be done.
            return new(false, MirrorText.Refused(account.Name ?? account.Email, Mirror.IsCut
                ? "Not all of the request fits here. Decide in Steward."
                : "This record does not say any more what Steward wrote into it. Decide in Steward."));
        }

        var (actor, why) = await people.FindAsync(State, account, cancellationToken);
        if (actor is null)
        {
            return new(false, MirrorText.Refused(account.Name ?? account.Email, why!));
        }

        if (decision == NativeDecision.Withdrawn)
        {
            var wasOver = State.IsOver;
            var cancelled = await approval.CancelAsync(new CancelCommand { Actor = actor, Channel = MirrorChannel, Reason = $"Withdrawn in {Instance}: {Mirror.Reference}." });
            return cancelled.Refusal is { } mayNot ? new(false, MirrorText.Refused(actor.Label, mayNot.Message)) : new(!wasOver, MirrorText.Ended(State));
        }

        var vote = decision == NativeDecision.Approved ? VoteDecision.Approve : VoteDecision.Reject;
        var outcome = await approval.VoteAsync(new VoteCommand
        {
            Actor = actor,
            Decision = vote,
            SubjectHash = State.Request.SubjectHash,
            Channel = MirrorChannel,
            Comment = $"Decided in {Instance}: {Mirror.Reference}.",
            OperationId = $"mirror/{change}",
        });
        if (outcome.Refusal is { Kind: RefusalKind.NotOpen } notNow)
        {
            throw new MirrorException(notNow.Message);
        }

        return outcome.Refusal is { } refusal
            ? new(false, MirrorText.Refused(actor.Label, refusal.Message))
            : new(true, State.IsOver ? MirrorText.Ended(State) : MirrorText.Counted(State, actor.Label, vote));
    }

    /// <summary>The result of a call.</summary>
    private static JsonElement ResultOf(ActionOutcome outcome) => outcome switch
    {
        ActionSucceeded succeeded => succeeded.Result,
        ActionFailed failed => throw new MirrorException(failed.Message, failed.RetryAfter),
        ActionUnknown unknown => throw new MirrorException(unknown.Reason),
        _ => throw new MirrorException("The system could not be asked."),
    };

    private const string MirrorChannel = "mirror";
    private const string CreateKey = "create";

    private ActionRequest Request(string key, string operation, object arguments) => new()
    {
        ActionId = $"approval-mirror/{State.Request.TenantId}/{State.Request.ApprovalId}/{key}",
        OperationId = $"{Instance}.{operation}",
        Arguments = JsonSerializer.SerializeToElement(arguments, Json),
    };

    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };
}

/// <summary>What became of a decision that was made there.</summary>
/// <param name="Counts">Whether it counts.</param>
/// <param name="Answer">What is said there.</param>
internal sealed record MirrorVerdict(bool Counts, string Answer);

/// <summary>Somebody, as the other system has them.</summary>
/// <param name="Email">Their address; null when it is not told, or the account is nobody's who works here.</param>
/// <param name="Name">What they are called there.</param>
internal sealed record NativeAccount(string? Email, string? Name);
