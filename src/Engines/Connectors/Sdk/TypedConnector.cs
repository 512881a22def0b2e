using System.Text.Json;

namespace Steward.Engines.Connectors.Sdk;

/// <summary>
/// A connector in C#, for operations that data cannot express: those that a template marks with <c>code: true</c>. One object serves all instances of all tenants, at the same time, and keeps
/// nothing of them. Register it as a singleton <see cref="TypedConnector"/>; templates name it as their <c>implementation</c>.
/// </summary>
/// <remarks>
/// Arguments have been checked against the template's schema, and mapped, before they come here. All requests go through <see cref="TypedCall"/>, and with it through the whole
/// middleware chain: sign-in, limits, breaker, retries and the audit log are not a typed connector's business, and it never sees a credential.
/// </remarks>
public abstract class TypedConnector
{
    /// <summary>The name that templates give as their <c>implementation</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Carries out an operation. Sends each effect at most once.</summary>
    /// <param name="call">The call.</param>
    /// <returns>The result, an object with stable member names; the operation's summary lists them.</returns>
    /// <exception cref="TypedConnectorException">It ended in another way.</exception>
    public abstract Task<JsonElement> ExecuteAsync(TypedCall call);

    /// <summary>
    /// Looks up whether an earlier attempt took effect, and changes nothing. By default nobody can tell, and a person is asked. When it says that nothing was done it is asked again
    /// after a moment, since a request whose connection was lost may still be at work.
    /// </summary>
    /// <param name="call">The call as it was made.</param>
    /// <param name="sentAt">When it was sent, by this machine's clock.</param>
    public virtual Task<ReconcileOutcome> ReconcileAsync(TypedCall call, DateTimeOffset sentAt) =>
        Task.FromResult<ReconcileOutcome>(new ReconcileUnknown($"{call?.OperationId} leaves nothing that could be looked up."));
}

/// <summary>Ends a typed connector's operation with an outcome other than success.</summary>
/// <param name="outcome"><see cref="ActionFailed"/> when it was certainly not done, else <see cref="ActionUnknown"/>.</param>
public sealed class TypedConnectorException(ActionOutcome outcome) : Exception("The operation ended without success.")
{
    /// <summary>How it ended.</summary>
    public ActionOutcome Outcome { get; } = outcome;
}
