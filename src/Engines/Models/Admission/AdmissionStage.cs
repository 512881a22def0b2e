using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Admission;

/// <summary>Lets a call wait for its turn, or refuses it with <c>model_overloaded</c> and the time after which to try again.</summary>
internal sealed class AdmissionStage(ModelAdmission admission, TimeProvider time) : IModelStage
{
    /// <inheritdoc/>
    public string Name => "admission";

    /// <inheritdoc/>
    public int Order => ModelStageOrder.Admission;

    /// <inheritdoc/>
    public async ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        TimeSpan? left = call.Request.Deadline is { } deadline ? deadline - time.GetUtcNow() : null;
        var waited = await admission.EnterAsync(call.Origin.TenantId, call.Policy.Tier, call.Origin.IsInteractive, left, cancellationToken);
        call.AdmittedAt = time.GetTimestamp();
        if (waited > TimeSpan.Zero)
        {
            call.Decide(Name, $"waited {waited.TotalMilliseconds:0} ms");
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(call);
        admission.Leave(call.Origin.IsInteractive, time.GetElapsedTime(call.AdmittedAt));
        return ValueTask.CompletedTask;
    }
}
