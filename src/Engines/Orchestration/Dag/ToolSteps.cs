using System.Text.Json;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Expressions;
using Steward.Engines.Orchestration.Limits;

namespace Steward.Engines.Orchestration.Dag;

/// <summary>Makes steps ready that call an operation of a connector.</summary>
internal sealed class ToolSteps(RunContext run, ActionLedger ledger)
{
    /// <summary>Makes a step ready.</summary>
    /// <param name="stepId">The step.</param>
    /// <param name="title">What it does, for people.</param>
    /// <param name="operationId">The operation.</param>
    /// <param name="arguments">Computes its arguments; may throw <see cref="ExpressionException"/>.</param>
    /// <param name="attempts">How often it is tried at most; null is the platform's default.</param>
    /// <param name="refuse">A reason not to begin although the arguments fit; null when there is none.</param>
    /// <param name="fault">Why its arguments cannot be computed; null when they can.</param>
    public DagCall Prepare(
        string stepId, string title, string operationId, Func<JsonElement> arguments, int? attempts, Func<ConnectorOperation, JsonElement, (string Code, string Message)?>? refuse = null,
        (string Code, string Message)? fault = null)
    {
        var started = new StepStarted { StepId = stepId, Title = title, OperationId = operationId };
        var operation = run.FindOperation(operationId);

        // What was begun is bound to the arguments of back then, and its fate is looked up even when the operation is gone by now: nobody may say that it failed.
        if (ledger.Find(stepId) is { } action)
        {
            return operation is null
                ? new DagCall(started) { Call = async _ => await ledger.SettleStepAsync(stepId) ?? NotConfigured(started, operationId).Fault! }
                : new DagCall(started) { Call = _ => ledger.WriteAsync(stepId, operation, action.Arguments, action.Summary, attempts), Operation = operation, Arguments = action.Arguments };
        }

        if (operation is null)
        {
            return NotConfigured(started, operationId);
        }

        if (fault is (var reason, var text))
        {
            return DagCall.Faulty(started, reason, text);
        }

        JsonElement values;
        try
        {
            values = arguments();
        }
        catch (ExpressionException e)
        {
            return DagCall.Faulty(started, "invalid_argument", e.Message);
        }

        var errors = OperationSchemas.Check(operation, values);
        if (errors.Count > 0)
        {
            return DagCall.Faulty(started, "invalid_argument", errors[0].ToString(), errors[0].Path.TrimStart('/'));
        }

        if (CallbackGuard.Refusal(run, operation, values) is { } loop)
        {
            return DagCall.Faulty(started, CallbackGuard.Code, loop, null, new GuardTripped { Guard = CallbackGuard.Code, StepId = stepId, Message = loop });
        }

        if (refuse?.Invoke(operation, values) is (var code, var message))
        {
            return DagCall.Faulty(started, code, message);
        }

        var reads = operation.Effect == OperationEffect.Read;
        return new DagCall(reads ? started with { Arguments = values } : started)
        {
            Call = reads
                ? work => ledger.ReadAsync(stepId, operation, values, attempts, work)
                : _ => ledger.WriteAsync(stepId, operation, values, title, attempts),
            Operation = operation,
            Arguments = values,
        };
    }

    private static DagCall NotConfigured(StepStarted started, string operationId) =>
        DagCall.Faulty(started, "not_configured", $"'{operationId}' is not available: its connector is not configured.");
}
