using Orleans.Placement;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>
/// Hands out the end of a call that another grain of this silo began, as often as it is asked for: an answer may be lost on its way. Woken by: that grain, and whoever made the call. Nothing is left of
/// it elsewhere: then the outcome is not known.
/// </summary>
[PreferLocalPlacement]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class ConnectorCallUnderWayGrain(CallsUnderWay calls, TimeProvider time) : StewardGrain, IConnectorCallUnderWayGrain
{
    private CallUnderWay? _call;

    /// <inheritdoc/>
    public Task<bool> Attach(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        _call ??= calls.Find(this.GetPrimaryKeyString());
        return Task.FromResult(_call is not null);
    }

    /// <inheritdoc/>
    public async Task<ConnectorCallResult> Wait(CancellationToken cancellationToken = default)
    {
        _call ??= calls.Find(this.GetPrimaryKeyString());
        if (_call is not { } call)
        {
            DeactivateOnIdle();
            return new ConnectorCallResult
            {
                Outcome = "unknown",
                Message = "The server that made the call was lost before the call had ended. Look at what became of it before it is made again.",
            };
        }

        if (call.UserId != Caller.Required.UserId)
        {
            throw StewardException.NotFound("The call");
        }

        await using var stopping = cancellationToken.Register(call.Stop.Cancel);
        return await EndsSoonAsync(call.Result, time) ? await call.Result : Going(GrainKeys.LastPart(this.GetPrimaryKeyString()));
    }

    /// <summary>Whether a call ends before whoever asks has to be answered.</summary>
    internal static async Task<bool> EndsSoonAsync(Task call, TimeProvider time)
    {
        if (call.IsCompleted)
        {
            return true;
        }

        // A timer of its own would have to be taken back, which goes over the thread pool.
        await call.WaitAsync(CallsUnderWay.AnswerWithin, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return call.IsCompleted;
    }

    /// <summary>The answer while a call goes on.</summary>
    internal static ConnectorCallResult Going(string id) => new() { Outcome = "running", UnderWay = id };
}
