using System.Text.Json;

namespace Steward.Engines.Connectors;

/// <summary>What an operation does to the system it is sent to.</summary>
public enum OperationEffect
{
    /// <summary>Looks something up; may be repeated at will.</summary>
    Read,

    /// <summary>Creates or changes something.</summary>
    Write,

    /// <summary>Takes something away from a person or cannot be undone, such as resetting a password.</summary>
    Destructive,
}

/// <summary>One thing that can be done in an external system, as an agent or a playbook sees it.</summary>
public sealed record ConnectorOperation
{
    /// <summary>The stable id, for example <c>okta.users.find</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The system: <c>okta</c>, <c>servicenow</c>, <c>jira</c> or <c>salesforce</c>.</summary>
    public required string Connector { get; init; }

    /// <summary>What the operation does and what its result looks like, in words that a model and a person understand.</summary>
    public required string Description { get; init; }

    /// <summary>What it does to the system.</summary>
    public required OperationEffect Effect { get; init; }

    /// <summary>JSON Schema of the arguments: one flat object that allows no other members.</summary>
    public required JsonElement InputSchema { get; init; }

    /// <summary>Whether a person must agree whatever the policy allows: the connector's template demands it.</summary>
    public bool RequiresApproval { get; init; }

    /// <summary>
    /// The roles to which the tenant's admin opened exactly this operation of an instance; null when none were named. It stands in for a rule where the policy file has none.
    /// </summary>
    public IReadOnlyList<string>? GrantedRoles { get; init; }

    /// <summary>Whether <see cref="ActionRequest.DryRun"/> shows the effect without doing it. Nobody asks the others to try.</summary>
    public bool CanDryRun { get; init; }

    /// <summary>
    /// The operation that undoes it, for example <c>okta.users.unsuspend</c>: one that is switched on, and called with the names that the template gives its arguments. Null when there is none.
    /// </summary>
    public string? UndoneBy { get; init; }

    /// <summary>The arguments of which another operation of the connector tells what they may be, each with that operation's id inside the connector; see <see cref="ITenantConnectors.PlanChoices"/>.</summary>
    public IReadOnlyDictionary<string, string> Choices { get; init; } = new Dictionary<string, string>();
}

/// <summary>One call of an operation.</summary>
public sealed record ActionRequest
{
    /// <summary>
    /// Identifies the intended effect. The same id is used for every attempt at the same action; it goes into the target system where that
    /// can hold it, so that a repeated or looked-up action finds what an earlier attempt did.
    /// </summary>
    public required string ActionId { get; init; }

    /// <summary>The operation's id, for example <c>servicenow.incidents.create</c>.</summary>
    public required string OperationId { get; init; }

    /// <summary>The arguments, an object that satisfies the operation's input schema.</summary>
    public required JsonElement Arguments { get; init; }

    /// <summary>When the caller stops waiting. Without one, the connector's own time limit applies.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>In whose name it is done; null for the platform itself.</summary>
    public ConnectorCaller? Caller { get; init; }

    /// <summary>Whether the effect is only to be shown; connectors that cannot do that refuse.</summary>
    public bool DryRun { get; init; }

    /// <summary>Whether arguments and result have the names of the connector's template, whatever the tenant maps. For calls that the platform works out itself.</summary>
    public bool HasTemplateNames { get; init; }

    /// <summary>The step that makes the call, for traces.</summary>
    public string? StepId { get; init; }

    /// <summary>The run that makes the call; null when none does.</summary>
    public string? RunId { get; init; }

    /// <summary>
    /// For a read of a run: the calls of the same operation that the run's journal knows as done, whoever worked on the run then. Empty by default. A call that ended a moment ago may not be among them yet.
    /// </summary>
    public IReadOnlyList<EarlierCall> Earlier { get; init; } = [];
}

/// <summary>A call that a run has made before.</summary>
/// <param name="StepId">The step that made it.</param>
/// <param name="Result">What came of it as the journal shows it, the beginning of a large one; null when there is nothing.</param>
public sealed record EarlierCall(string StepId, JsonElement? Result);

/// <summary>In whose name something is done.</summary>
/// <param name="UserId">The person or service account, for example <c>u-ada.lovelace</c>.</param>
/// <param name="Email">How external systems know the person, if known.</param>
/// <param name="Roles">The roles in the tenant.</param>
public sealed record ConnectorCaller(string UserId, string? Email, IReadOnlyList<string> Roles);

/// <summary>How an action ended. Errors of the target system are outcomes, never exceptions.</summary>
public abstract record ActionOutcome
{
    private protected ActionOutcome()
    {
    }

    /// <summary>The target system's own id of the last request, if it gave one: what its support asks for.</summary>
    public string? VendorRequestId { get; init; }
}

/// <summary>The target system did it.</summary>
/// <param name="Result">A flat object with stable field names; the operation's description lists them.</param>
public sealed record ActionSucceeded(JsonElement Result) : ActionOutcome
{
    /// <summary>The call that undoes it; null when nothing does.</summary>
    public UndoCall? Undo { get; init; }
}

/// <summary>A call that undoes what another one did. It has its own rights, policy and approval.</summary>
/// <param name="OperationId">For example <c>okta.users.unsuspend</c>.</param>
/// <param name="Arguments">Its arguments, made of those of the other call and of its result.</param>
public sealed record UndoCall(string OperationId, JsonElement Arguments);

/// <summary>It was certainly not done.</summary>
/// <param name="Code">
/// A stable code: <c>invalid_argument</c>, <c>not_configured</c>, <c>not_found</c>, <c>unauthenticated</c>, <c>forbidden</c>, <c>conflict</c>,
/// <c>rejected</c>, <c>rate_limited</c>, <c>unavailable</c>, <c>timeout</c> or <c>bad_response</c>.
/// </param>
/// <param name="Message">A text that is safe to show; never holds a credential.</param>
/// <param name="IsRetryable">Whether the same call may succeed later without a change.</param>
/// <param name="RetryAfter">How long the target system asks to wait, if it said so.</param>
/// <param name="Field">The argument that was refused, if it was one.</param>
public sealed record ActionFailed(string Code, string Message, bool IsRetryable, TimeSpan? RetryAfter = null, string? Field = null) : ActionOutcome
{
    /// <summary>Whether <see cref="RetryAfter"/> holds for the resource that the call names, and not for calls that name another.</summary>
    public bool IsOfResource { get; init; }
}

/// <summary>
/// The action may or may not have been done: the connection broke, timed out or answered with a server error after something was sent.
/// Call <see cref="ITenantConnectors.ReconcileAsync"/> before anything is sent again.
/// </summary>
/// <param name="Reason">What happened, safe to show.</param>
public sealed record ActionUnknown(string Reason) : ActionOutcome;

/// <summary>What a look-up in the target system says about an action whose outcome is unknown.</summary>
public abstract record ReconcileOutcome
{
    private protected ReconcileOutcome()
    {
    }
}

/// <summary>The action was done.</summary>
/// <param name="Result">The same result that the action itself would have given.</param>
public sealed record ReconciledDone(JsonElement Result) : ReconcileOutcome
{
    /// <summary>The call that undoes it; null when nothing does.</summary>
    public UndoCall? Undo { get; init; }
}

/// <summary>The action was not done; it may be sent again.</summary>
public sealed record ReconciledNotDone : ReconcileOutcome;

/// <summary>The target system cannot tell, or cannot be asked now; a person has to look.</summary>
/// <param name="Reason">Why, safe to show.</param>
public sealed record ReconcileUnknown(string Reason) : ReconcileOutcome;

/// <summary>The connectors of one tenant. Safe for concurrent use.</summary>
public interface ITenantConnectors
{
    /// <summary>The operations of the connectors that are configured for the tenant, ordered by id.</summary>
    IReadOnlyList<ConnectorOperation> Operations { get; }

    /// <summary>One of <see cref="Operations"/>; null when it is not among them.</summary>
    /// <param name="operationId">For example <c>okta.users.find</c>.</param>
    ConnectorOperation? FindOperation(string operationId) => Operations.FirstOrDefault(operation => operation.Id == operationId);

    /// <summary>Where a connector's requests go; null when it is not configured or that is not known.</summary>
    /// <param name="connector">For example <c>okta</c>.</param>
    Uri? FindBaseUrl(string connector) => null;

    /// <summary>Plans the call that tells what an argument may be; <see cref="Instances.InstanceChoices.Read"/> reads its result. It is to be made with <see cref="ActionRequest.HasTemplateNames"/>.</summary>
    /// <param name="operationId">The operation, one of <see cref="Operations"/>.</param>
    /// <param name="argument">The argument.</param>
    /// <param name="arguments">The operation's other arguments, as far as they are known.</param>
    /// <returns>Null when nothing tells it; else the plan, or which other argument must be known first.</returns>
    (Instances.ChoicePlan? Plan, ActionFailed? Refusal)? PlanChoices(string operationId, string argument, System.Text.Json.JsonElement arguments) => null;

    /// <summary>
    /// Checks the arguments and sends one action. Sends it at most once: there are no retries of writes inside.
    /// </summary>
    /// <param name="request">The action.</param>
    /// <param name="cancellationToken">
    /// Stops waiting. A write that may already have been sent ends as <see cref="ActionUnknown"/>, everything else throws
    /// <see cref="OperationCanceledException"/>.
    /// </param>
    /// <returns>The outcome; failures of the target system are outcomes too.</returns>
    Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Asks the target system whether an earlier attempt at the action took effect. Changes nothing there. A request whose connection was
    /// lost may still be at work there: before <see cref="ReconciledNotDone"/> is said of an action that must not happen twice, it is looked up
    /// again after <see cref="ConnectorsOptions.SettleDelay"/>.
    /// </summary>
    /// <param name="request">The action as it was sent. Its deadline does not matter here: what was sent before it may be looked up after it.</param>
    /// <param name="sentAt">When the attempt was sent, by this machine's clock; differences of two minutes between clocks are allowed for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken);
}

/// <summary>Gives each tenant its connectors.</summary>
public interface IConnectorRegistry
{
    /// <summary>The connectors of a tenant that the configuration names; one without any operation when there is none.</summary>
    /// <param name="tenantId">The tenant, for example <c>t-acme</c>.</param>
    ITenantConnectors ForTenant(string tenantId);

    /// <summary>
    /// The connectors of a tenant as one person may use them: those of the configuration and the tenant's instances, without the operations that the person's roles do not open.
    /// </summary>
    /// <param name="tenantId">The tenant, for example <c>t-acme</c>.</param>
    /// <param name="caller">The person; null for the platform itself.</param>
    /// <param name="cancellationToken">Stops waiting for the list of instances.</param>
    ValueTask<ITenantConnectors> OpenAsync(string tenantId, ConnectorCaller? caller, CancellationToken cancellationToken) => ValueTask.FromResult(ForTenant(tenantId));
}
