using Steward.Connectors;
using Steward.Engines.Security;

namespace Steward.Client;

/// <summary>The tenant's connections to external systems. Reached through <see cref="IStewardUserClient.Connectors"/>. What changes or shows settings is for admins.</summary>
public interface IConnectorClient
{
    /// <summary>The templates of the catalogue, by id.</summary>
    /// <param name="query">Words of the name, the description or a category; null for all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<IReadOnlyList<ConnectorTemplateInfo>> ListTemplatesAsync(string? query = null, CancellationToken cancellationToken = default);

    /// <summary>A template's text, YAML.</summary>
    Task<ConnectorTemplateText> GetTemplateAsync(string templateId, CancellationToken cancellationToken = default);

    /// <summary>Makes a draft of a template from an OpenAPI document. Keeps nothing. Admins only.</summary>
    /// <param name="document">The document, JSON or YAML, at most 8 MB.</param>
    /// <param name="operations">Only these operations, by the ids that the whole draft has; all when null or empty.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<ConnectorTemplateDraft> ImportTemplateAsync(string document, IReadOnlyList<string>? operations = null, CancellationToken cancellationToken = default);

    /// <summary>Compares two versions of an OpenAPI document for whoever calls what they describe. Keeps nothing. Admins only.</summary>
    /// <param name="before">The earlier version, JSON or YAML, at most 8 MB.</param>
    /// <param name="after">The later version.</param>
    /// <param name="name">The instance of which is said what breaks; null for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the document that cannot be read; <c>not_found</c>.</exception>
    Task<SpecificationComparison> CompareSpecificationsAsync(string before, string after, string? name = null, CancellationToken cancellationToken = default);

    /// <summary>Creates an instance. Its secrets go to the vault and are never shown again. Not repeated after a failure: look whether it is there.</summary>
    /// <param name="name">The name, for example <c>okta</c>; operations are <c>{name}.{operation}</c>.</param>
    /// <param name="spec">What it is to be, without secrets.</param>
    /// <param name="secrets">The secrets by the name of the sign-in's field.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>conflict</c>, <c>forbidden</c>, <c>limit_reached</c>.</exception>
    Task<ConnectorInfo> CreateAsync(string name, CreateConnector spec, IReadOnlyDictionary<string, SecretText> secrets, CancellationToken cancellationToken = default);

    /// <summary>All instances, by name.</summary>
    Task<IReadOnlyList<ConnectorInfo>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>One instance.</summary>
    Task<ConnectorInfo> GetAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Changes settings; what is null stays. Idempotent.</summary>
    Task<ConnectorInfo> UpdateAsync(string name, UpdateConnector change, CancellationToken cancellationToken = default);

    /// <summary>Replaces secrets. Idempotent.</summary>
    Task<ConnectorInfo> RotateCredentialsAsync(string name, IReadOnlyDictionary<string, SecretText> secrets, CancellationToken cancellationToken = default);

    /// <summary>Makes the verification call.</summary>
    Task<ConnectorVerification> VerifyAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Begins a sign-in in the browser: the instance's own by an admin, or the caller's own where the instance works on behalf of people.</summary>
    /// <returns>The address to open.</returns>
    Task<string> BeginSignInAsync(string name, string redirectUri, CancellationToken cancellationToken = default);

    /// <summary>Ends a sign-in with what the browser brought back. Not repeated after a failure: a code is good once.</summary>
    Task CompleteSignInAsync(string name, string state, SecretText code, CancellationToken cancellationToken = default);

    /// <summary>The operations whose answers are no longer what was promised or learnt. Admins only.</summary>
    Task<IReadOnlyList<ConnectorDrift>> ListDriftAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Takes what an operation's answers look like now for right. Admins only. Idempotent.</summary>
    /// <param name="name">The instance.</param>
    /// <param name="operation">The id inside the template.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<ConnectorInfo> AcceptDriftAsync(string name, string operation, CancellationToken cancellationToken = default);

    /// <summary>Tries field mappings on samples. Keeps nothing. Admins only.</summary>
    Task<IReadOnlyList<MappingTrial>> TestMappingsAsync(string name, TestMappings test, CancellationToken cancellationToken = default);

    /// <summary>Suggests field mappings, best first. Applies none: send those that are right with <see cref="UpdateAsync"/>. Admins only.</summary>
    Task<SuggestedMappings> SuggestMappingsAsync(string name, SuggestMappings wanted, CancellationToken cancellationToken = default);

    /// <summary>Deletes an instance and its secrets. Idempotent.</summary>
    Task DeleteAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>The operations of an instance that the caller may use.</summary>
    Task<IReadOnlyList<ConnectorTool>> ListOperationsAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Makes one call with the caller's rights. Failures of the external system are results. Repeated after a failure only when it cannot act twice: never.</summary>
    Task<ConnectorCallResult> CallAsync(ConnectorCallCommand command, CancellationToken cancellationToken = default);

    /// <summary>
    /// Undoes a call, with the caller's rights to the operation that does so and under its policy: what needs an approval is refused here. <c>rejected</c> when nothing undoes it.
    /// </summary>
    /// <param name="command">The call that is undone, with its action id, and as arguments what <see cref="ConnectorCallResult.UndoArgumentsJson"/> said.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<ConnectorCallResult> UndoAsync(ConnectorCallCommand command, CancellationToken cancellationToken = default);

    /// <summary>
    /// Asks what an argument of an operation may be, by calling the operation that tells it with the caller's rights. <c>rejected</c> when none does; <c>invalid_argument</c> when another argument must be
    /// known first.
    /// </summary>
    /// <param name="name">The instance.</param>
    /// <param name="operation">The operation's id inside the template.</param>
    /// <param name="argument">The argument.</param>
    /// <param name="argumentsJson">The operation's other arguments, as far as they are known; a JSON object.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Its result is described at <see cref="ConnectorCallCommand.ChoicesOf"/>.</returns>
    Task<ConnectorCallResult> ListChoicesAsync(string name, string operation, string argument, string argumentsJson = "{}", CancellationToken cancellationToken = default);

    /// <summary>The events of an instance's webhooks that some subscriber did not settle in spite of all attempts, oldest first.</summary>
    /// <param name="name">The instance.</param>
    /// <param name="afterNumber">Only events after this number; 0 from the start.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<HookDeadLetterPage> ListDeadEventsAsync(string name, long afterNumber = 0, int limit = 50, CancellationToken cancellationToken = default);

    /// <summary>Publishes such an event again, for the subscribers that have not settled it.</summary>
    Task ReplayEventAsync(string name, long number, CancellationToken cancellationToken = default);

    /// <summary>Takes such an event off the list for good.</summary>
    Task CloseEventAsync(string name, long number, CancellationToken cancellationToken = default);

    /// <summary>The newest audit entries, newest first.</summary>
    /// <param name="name">Of one instance; null of all.</param>
    /// <param name="before">Only entries with a lower sequence number; 0 for all.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<ConnectorAuditPage> ListAuditAsync(string? name = null, long before = 0, int limit = 50, CancellationToken cancellationToken = default);
}
