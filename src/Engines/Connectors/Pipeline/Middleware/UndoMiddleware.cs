using System.Text.Json;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;

namespace Steward.Engines.Connectors.Pipeline.Middleware;

/// <summary>Says of a change that was made how it is undone. Innermost: it sees arguments and result as the system does, and the template speaks of these.</summary>
internal sealed class UndoMiddleware : ICallMiddleware
{
    public async Task<ActionOutcome> InvokeAsync(ConnectorCall call, CallStep next)
    {
        var outcome = await next(call);
        return outcome is ActionSucceeded succeeded && call is { IsWrite: true, IsLookup: false } ? succeeded with { Undo = Plan(call, succeeded.Result) } : outcome;
    }

    /// <summary>The call that undoes a change.</summary>
    /// <param name="call">The change, with the arguments as they were sent.</param>
    /// <param name="result">Its result, as the system gave it.</param>
    /// <returns>Null when nothing undoes it, or its result does not say what that needs.</returns>
    public static UndoCall? Plan(ConnectorCall call, JsonElement result)
    {
        if (InstanceOperations.UndoOf(call.Request.Target, call.Request.Operation) is not { } back)
        {
            return null;
        }

        try
        {
            var arguments = call.Operation.Undo?.Element(call.ScopeWith(result)) ?? JsonSerializer.SerializeToElement(new { });
            return new UndoCall($"{call.Instance.Name}.{back.Id}", call.Operation.Owner.Of(back).Check(arguments));
        }
        catch (Exception exception) when (exception is OutcomeException or InvalidOperationException)
        {
            // It was made all the same. The second: a text in the answer holds half of a surrogate pair.
            return null;
        }
    }
}
