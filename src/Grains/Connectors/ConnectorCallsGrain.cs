using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Orchestration;
using Steward.Engines.Orchestration.Policies;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>
/// Makes single calls with the caller's rights. Holds nothing; as many at a time as <see cref="CallsUnderWay.MaxPerTenant"/> wait for external systems, and more are refused at once: whoever waited in a
/// queue would not know whether the call was made. A call that takes long is handed over to a grain of its own, so that nobody waits in vain for a silo that is lost. Woken by: front ends and connectors
/// that check themselves. One activation a silo, since Orleans tells any of several of a caller who has cancelled, not the one who is asked.
/// </summary>
[StatelessWorker(1)]
[Reentrant] // Safe: it holds nothing.
internal sealed partial class ConnectorCallsGrain(
    IConnectorRegistry registry,
    IConnectorPipeline pipeline,
    InstanceDirectory directory,
    OrchestrationDefinitions definitions,
    CallsUnderWay underWay,
    PlatformIdentity platform,
    TimeProvider time,
    ILogger<ConnectorCallsGrain> logger) : StewardGrain, IConnectorCallsGrain
{
    private const int MaxArgumentsLength = 256 * 1024;
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(40);

    private string TenantId => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConnectorTool>?> List(string instance, CancellationToken cancellationToken = default)
    {
        var connectors = await OpenAsync(TenantId, instance, cancellationToken);
        return connectors is null
            ? null
            : [.. connectors.Operations.Where(operation => operation.Connector == instance).Select(operation => new ConnectorTool
            {
                Operation = operation.Id[(instance.Length + 1)..],
                Description = operation.Description,
                Effect = operation.Effect.ToString().ToLowerInvariant(),
                InputSchemaJson = operation.InputSchema.GetRawText(),
                UndoneBy = operation.UndoneBy?[(instance.Length + 1)..],
                Choices = operation.Choices,
            })];
    }

    /// <inheritdoc/>
    public async Task<ConnectorCallResult> Call(ConnectorCallCommand command, CancellationToken cancellationToken = default)
    {
        var arguments = ReadArguments(command.ArgumentsJson);
        var tenantId = TenantId;
        var caller = Caller.Required;
        if (underWay.Begin(tenantId, caller.UserId, token => MakeAsync(tenantId, command, arguments, caller, token)) is not { } call)
        {
            return new ConnectorCallResult
            {
                Outcome = "unavailable",
                Message = "Too many calls of this tenant are waiting for external systems, or the server is stopping. Nothing was done.",
                IsRetryable = true,
                RetryAfter = CallsUnderWay.AnswerWithin,
            };
        }

        // It goes on beside the grain, which answers before the call has ended when that takes long.
        await using var stopping = cancellationToken.Register(call.Stop.Cancel);
        if (await ConnectorCallUnderWayGrain.EndsSoonAsync(call.Result, time))
        {
            return await call.Result;
        }

        var id = underWay.Keep(tenantId, call);
        return await HandOverAsync(tenantId, id) ? ConnectorCallUnderWayGrain.Going(id) : await call.Result;
    }

    // Whoever made the call can only ask for its end when the other grain is in this silo. Else it is waited for here, as long as the caller does.
    private async Task<bool> HandOverAsync(string tenantId, string id)
    {
        var key = GrainKeys.CallUnderWay(tenantId, id);
        try
        {
            platform.Assume(tenantId);
            if (await GrainFactory.GetGrain<IConnectorCallUnderWayGrain>(key).Attach(CancellationToken.None))
            {
                return true;
            }
        }
#pragma warning disable CA1031 // Whatever it was: the call goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotHandedOver(logger, tenantId, exception);
        }

        underWay.Release(key);
        return false;
    }

    private async Task<ConnectorCallResult> MakeAsync(string tenantId, ConnectorCallCommand command, JsonElement arguments, CallerIdentity caller, CancellationToken cancellationToken)
    {
        var operationId = $"{command.Instance}.{command.Operation}";
        if (await OpenAsync(tenantId, command.Instance, cancellationToken) is not { } connectors
            || connectors.FindOperation(operationId) is not { } operation)
        {
            throw StewardException.NotFound("The operation");
        }

        ChoicePlan? choices = null;
        if (command.ChoicesOf is { } argument)
        {
            if (connectors.PlanChoices(operationId, argument, arguments) is not { } planned)
            {
                return new ConnectorCallResult { Outcome = "rejected", Message = $"Nothing tells what '{argument}' of {operationId} may be: see the schema of its arguments." };
            }

            if (planned.Plan is not { } plan)
            {
                return ToResult(planned.Refusal!);
            }

            if (connectors.FindOperation(plan.OperationId) is not { } source)
            {
                return new ConnectorCallResult { Outcome = "forbidden", Message = $"What '{argument}' of {operationId} may be tells {plan.OperationId}, which is not open to you." };
            }

            (choices, operation, operationId, arguments) = (plan, source, plan.OperationId, plan.Arguments);
        }
        else if (command.Undo)
        {
            if (operation.UndoneBy is not { } back || connectors.FindOperation(back) is not { } undo)
            {
                return NotUndone(operation);
            }

            // From here on it is a call like any other: with its own roles, policy and approval, and the same id for every attempt to undo this action.
            (operation, operationId) = (undo, undo.Id);
            command = command with { ActionId = command.ActionId + "/undo" };
        }

        var limit = time.GetUtcNow() + LongestCall;
        var deadline = command.Deadline is { } due && due < limit ? due : limit;
        if (await RefusalAsync(connectors, operation, arguments, caller, command, cancellationToken) is { } refused)
        {
            return refused;
        }

        var outcome = await connectors.ExecuteAsync(
            new ActionRequest { ActionId = command.ActionId, OperationId = operationId, Arguments = arguments, Deadline = deadline, Caller = PersonOf(caller), DryRun = command.DryRun, HasTemplateNames = choices is not null },
            cancellationToken);
        return ToResult(choices is not null && outcome is ActionSucceeded told ? told with { Result = InstanceChoices.Read(choices.Spec, told.Result) } : outcome);
    }

    /// <inheritdoc/>
    public async Task<ConnectorCallResult> Check(string instance, CancellationToken cancellationToken = default)
    {
        var target = await RequireAsync(instance, cancellationToken);
        var verify = target.Template.Verify;
        return await CallForNobodyAsync(target, target.Template.Operations.First(known => known.Id == verify.Operation), verify.Arguments, "verify", cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ConnectorCallResult> Probe(string instance, string operation, CancellationToken cancellationToken = default)
    {
        var target = await RequireAsync(instance, cancellationToken);
        return await CallForNobodyAsync(target, ProbeRules.Find(target, operation) ?? throw StewardException.NotFound("The operation"), null, "probe", cancellationToken);
    }

    private async Task<ResolvedInstance> RequireAsync(string instance, CancellationToken cancellationToken)
    {
        Caller.RequireSystem();
        directory.Expire(TenantId);
        return (await directory.ListAsync(TenantId, cancellationToken)).FirstOrDefault(known => known.Instance.Name == instance) ?? throw StewardException.NotFound("The connector");
    }

    private async Task<ConnectorCallResult> CallForNobodyAsync(ResolvedInstance target, OperationTemplate operation, JsonElement? arguments, string why, CancellationToken cancellationToken) => ToResult(
        await pipeline.ExecuteAsync(
            new ConnectorCallRequest
            {
                Target = target,
                Gate = directory.GateOf(TenantId, target.Instance.Name),
                Operation = operation,
                Arguments = arguments ?? JsonElement.Parse("{}"),
                ActionId = $"{why}/{target.Instance.Name}/{Guid.NewGuid():N}",
                Deadline = time.GetUtcNow() + LongestCheck,
            },
            cancellationToken));

    /// <summary>An outcome as a message.</summary>
    internal static ConnectorCallResult ToResult(ActionOutcome outcome) => outcome switch
    {
        ActionSucceeded succeeded => new ConnectorCallResult
        {
            Outcome = "succeeded",
            ResultJson = succeeded.Result.GetRawText(),
            VendorRequestId = succeeded.VendorRequestId,
            UndoneBy = succeeded.Undo is { } undo ? undo.OperationId[(undo.OperationId.IndexOf('.', StringComparison.Ordinal) + 1)..] : null,
            UndoArgumentsJson = succeeded.Undo?.Arguments.GetRawText(),
        },
        ActionFailed failed => new ConnectorCallResult
        {
            Outcome = failed.Code,
            Message = failed.Message,
            IsRetryable = failed.IsRetryable,
            RetryAfter = failed.RetryAfter,
            Field = failed.Field,
            VendorRequestId = failed.VendorRequestId,
        },
        ActionUnknown unknown => new ConnectorCallResult { Outcome = "unknown", Message = unknown.Reason, VendorRequestId = unknown.VendorRequestId },
        _ => new ConnectorCallResult { Outcome = "unknown" },
    };

    private static ConnectorCallResult NotUndone(ConnectorOperation operation) => operation.UndoneBy is { } back
        ? new ConnectorCallResult { Outcome = "forbidden", Message = $"{operation.Id} is undone by {back}, which is not open to you. Nothing was changed." }
        : new ConnectorCallResult
        {
            Outcome = "rejected",
            Message = $"Nothing undoes {operation.Id} by itself: its template names no operation for that, or that operation is switched off, or its arguments are mapped. Nothing was changed.",
        };

    private static ConnectorCaller PersonOf(CallerIdentity caller) => new(caller.UserId, caller.Email, caller.Roles);

    private static JsonElement ReadArguments(string text)
    {
        if (text.Length > MaxArgumentsLength)
        {
            throw StewardException.Invalid("arguments", $"must have at most {MaxArgumentsLength} characters.");
        }

        try
        {
            var arguments = JsonElement.Parse(text);
            return arguments.ValueKind == JsonValueKind.Object ? arguments : throw StewardException.Invalid("arguments", "must be a JSON object.");
        }
        catch (JsonException)
        {
            throw StewardException.Invalid("arguments", "must be a JSON object.");
        }
    }

    // Null when the tenant has no such connector. One that was made a moment ago is looked for again.
    private async Task<ITenantConnectors?> OpenAsync(string tenantId, string instance, CancellationToken cancellationToken)
    {
        var caller = PersonOf(Caller.Required);
        for (var attempt = 1; ; attempt++)
        {
            var connectors = await registry.OpenAsync(tenantId, caller, cancellationToken);
            if (connectors.FindBaseUrl(instance) is not null || connectors.Operations.Any(operation => operation.Connector == instance))
            {
                return connectors;
            }

            if (attempt == 2)
            {
                return null;
            }

            directory.Expire(tenantId);
        }
    }

    // What the policy does not simply allow is not done here: there is no run that could wait for somebody's consent.
    private async Task<ConnectorCallResult?> RefusalAsync(
        ITenantConnectors connectors, ConnectorOperation operation, JsonElement arguments, CallerIdentity caller, ConnectorCallCommand command, CancellationToken cancellationToken)
    {
        var requester = new Requester { UserId = caller.UserId, Email = caller.Email, Name = caller.Name, Roles = caller.Roles };
        var decision = await definitions.Policy.DecideAsync(operation, arguments, requester, ReadAsync, cancellationToken);
        return decision.Verdict switch
        {
            PolicyVerdict.Allowed => null,

            // It changes nothing that somebody would have to consent to; but whoever may not do it may not see what it would do either.
            PolicyVerdict.ApprovalNeeded when command.DryRun => null,
            PolicyVerdict.ApprovalNeeded => new ConnectorCallResult { Outcome = "approval_required", Message = "This needs an approval. Ask for it in a conversation, where it can be waited for. Nothing was changed." },
            PolicyVerdict.Undecided => new ConnectorCallResult { Outcome = "unavailable", Message = decision.Reason, IsRetryable = decision.Retryable },
            _ => new ConnectorCallResult { Outcome = "forbidden", Message = decision.Reason },
        };

        Task<ActionOutcome> ReadAsync(string operationId, JsonElement with, CancellationToken token) =>
            connectors.FindOperation(operationId)?.Effect == OperationEffect.Read
                ? connectors.ExecuteAsync(new ActionRequest { ActionId = command.ActionId + "/policy", OperationId = operationId, Arguments = with, Caller = PersonOf(caller) }, token)
                : Task.FromResult<ActionOutcome>(new ActionFailed("not_found", $"'{operationId}' cannot be read.", IsRetryable: false));
    }

    [LoggerMessage(EventId = 1416, Level = LogLevel.Warning, Message = "A call of {Tenant} that takes long could not be handed over; it is waited for where it began")]
    private static partial void LogNotHandedOver(ILogger logger, string tenant, Exception exception);
}
