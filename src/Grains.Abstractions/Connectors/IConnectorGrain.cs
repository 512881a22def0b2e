using Orleans.Concurrency;

namespace Steward.Connectors;

/// <summary>
/// A tenant's connection to one external system. Key: <c>t-acme/c-okta</c>. Owns its settings, the windows of its limits, its breaker, its health and its tokens; secrets are in the
/// vault. Calls to the system are made by those who ask for a permit, not by the grain.
/// </summary>
[Alias("steward.connector")]
public interface IConnectorGrain : IGrainWithStringKey
{
    /// <summary>Creates the instance; its operations are there for runs at once. Admins only. Not idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>conflict</c>; <c>limit_reached</c>; <c>unavailable</c>.</exception>
    [Alias("create")]
    Task<ConnectorInfo> Create(CreateConnector command, CancellationToken cancellationToken = default);

    /// <summary>The instance, or null when there is none. Admins only.</summary>
    [Alias("get-info")]
    [AlwaysInterleave] // Safe: reads the last written settings and counters, and changes nothing.
    Task<ConnectorInfo?> GetInfo(CancellationToken cancellationToken = default);

    /// <summary>Changes settings. Admins only. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c>; <c>conflict</c> when <see cref="UpdateConnector.ExpectedRevision"/> is another; <c>not_found</c>.</exception>
    [Alias("update")]
    Task<ConnectorInfo> Update(UpdateConnector command, CancellationToken cancellationToken = default);

    /// <summary>Replaces secrets in the vault; the ones before are no longer used with the next call. Admins only. Idempotent.</summary>
    /// <param name="sealedSecrets">By the name of the sign-in's field, sealed for this grain.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("rotate-credentials")]
    Task<ConnectorInfo> RotateCredentials(IReadOnlyDictionary<string, string> sealedSecrets, CancellationToken cancellationToken = default);

    /// <summary>Makes the template's verification call and notes how it went. Admins only.</summary>
    [Alias("verify")]
    [AlwaysInterleave] // Safe: what it found out is kept in one step, unless the settings have changed or are being deleted meanwhile; writes of the state wait for each other.
    [ResponseTimeout("00:01:00")]
    Task<ConnectorVerification> Verify(CancellationToken cancellationToken = default);

    /// <summary>Begins a sign-in with an authorisation code: the instance's own by an admin, or the caller's own where the instance is used on behalf of people.</summary>
    /// <param name="redirectUri">Where the browser comes back to.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The address to open, with a state that is good once and for ten minutes.</returns>
    [Alias("begin-sign-in")]
    Task<string> BeginSignIn(string redirectUri, CancellationToken cancellationToken = default);

    /// <summary>Ends a sign-in: exchanges the code and keeps the tokens in the vault. The state must be one that the same person was given.</summary>
    [Alias("complete-sign-in")]
    [ResponseTimeout("00:01:00")]
    Task CompleteSignIn(string state, string sealedCode, CancellationToken cancellationToken = default);

    /// <summary>Takes what an operation's answers look like now for right. Admins only. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>: no connector, or its template has no such operation.</exception>
    [Alias("accept-drift")]
    Task<ConnectorInfo> AcceptDrift(string operation, CancellationToken cancellationToken = default);

    /// <summary>Tries field mappings on samples. Keeps nothing. Admins only.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>not_found</c>.</exception>
    [Alias("test-mappings")]
    [AlwaysInterleave] // Safe: reads the last written settings and changes nothing.
    Task<IReadOnlyList<MappingTrial>> TestMappings(TestMappings command, CancellationToken cancellationToken = default);

    /// <summary>
    /// Suggests field mappings, best first. Applies none: an admin sends those that are right with <see cref="Update"/>. Where a model is asked, the answer says at once where it can be waited for:
    /// <see cref="SuggestedMappings.UnderWay"/>. Admins only.
    /// </summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>not_found</c>; <c>overloaded</c>: a model is being asked as often as may be at a time.</exception>
    [Alias("propose-mappings")]
    [AlwaysInterleave] // Safe: reads the last written settings; what is asked changes in one step.
    Task<SuggestedMappings> SuggestMappings(SuggestMappings command, CancellationToken cancellationToken = default);

    /// <summary>Waits a few seconds for suggestions that a model is asked for. Can be called again when an answer was lost. Admins only.</summary>
    /// <param name="question"><see cref="SuggestedMappings.UnderWay"/> of the answer before.</param>
    /// <param name="cancellationToken">Stops the question, too.</param>
    /// <returns>The suggestions, or again where they can be waited for; null when nothing is known of the question: it is of somebody else, or it was lost with its server and may be asked again.</returns>
    /// <exception cref="Errors.StewardException"><c>unavailable</c>: the question was stopped.</exception>
    [Alias("wait-for-mappings")]
    [AlwaysInterleave] // Safe: looks at how far a question is, which goes on beside the grain, and changes nothing.
    Task<SuggestedMappings?> WaitForMappings(string question, CancellationToken cancellationToken = default);

    /// <summary>Compares two versions of an OpenAPI document, and says what in this instance breaks. Keeps nothing. Admins only.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the document that cannot be read; <c>not_found</c>.</exception>
    [Alias("compare-specifications")]
    [AlwaysInterleave] // Safe: reads the last written settings and changes nothing.
    [ResponseTimeout("00:02:00")]
    Task<SpecificationComparison> CompareSpecifications(CompareSpecifications command, CancellationToken cancellationToken = default);

    /// <summary>Deletes the instance and its secrets, in the vault too. Admins only. Idempotent.</summary>
    [Alias("delete")]
    Task Delete(CancellationToken cancellationToken = default);

    /// <summary>What calls are made with: settings, template, mappings. The platform only; null when there is none or it is disabled.</summary>
    /// <param name="withText">Whether the template's text is wanted; not by those who have a template with its hash.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("get-definition")]
    [AlwaysInterleave] // Safe: reads what was last written and changes nothing.
    Task<ConnectorDefinition?> GetDefinition(bool withText, CancellationToken cancellationToken = default);

    /// <summary>Asks to make one call. The platform only.</summary>
    [Alias("enter")]
    [AlwaysInterleave] // Safe: windows and breaker change between awaits only, in one step; a renewal of the token is shared by all who wait for it.
    Task<ConnectorPermit> Enter(ConnectorIntent intent, CancellationToken cancellationToken = default);

    /// <summary>Says how a permitted call ended. The platform only.</summary>
    [Alias("leave")]
    [OneWay]
    [AlwaysInterleave] // Safe: changes counters in one step.
    Task Leave(ConnectorReport report, CancellationToken cancellationToken = default);

    /// <summary>The system refused a credential: a newer one, or null when somebody has to sign in again. The platform only.</summary>
    [Alias("renew")]
    [AlwaysInterleave] // Safe: one renewal is shared by all who ask with the same generation.
    Task<SealedCredential?> Renew(string? userId, long refusedGeneration, CancellationToken cancellationToken = default);
}

/// <summary>Which connector instances a tenant has. Key: <c>t-acme/i-connectors</c>.</summary>
[Alias("steward.connector-index")]
public interface IConnectorIndexGrain : IGrainWithStringKey
{
    /// <summary>Notes an instance or its new revision. Idempotent; the platform only.</summary>
    /// <exception cref="Errors.StewardException"><c>limit_reached</c>.</exception>
    [Alias("put")]
    [AlwaysInterleave] // Safe: the list changes in one step; writes come one after the other, and each caller waits for one that began after its change.
    Task Put(ConnectorEntry entry, CancellationToken cancellationToken = default);

    /// <summary>Forgets an instance. Idempotent; the platform only.</summary>
    [Alias("remove")]
    [AlwaysInterleave] // Safe: as with put.
    Task Remove(string name, CancellationToken cancellationToken = default);

    /// <summary>All of the tenant's, by name.</summary>
    [Alias("list")]
    [AlwaysInterleave] // Safe: reads what was last written and changes nothing.
    Task<IReadOnlyList<ConnectorEntry>> List(CancellationToken cancellationToken = default);
}

/// <summary>
/// Makes single calls of a tenant's connectors outside of runs: for the MCP server, for trying an operation, for verification. Key: the tenant's. Each call has the caller's rights: the
/// instance's roles and the tenant's policy hold.
/// </summary>
[Alias("steward.connector-calls")]
public interface IConnectorCallsGrain : IGrainWithStringKey
{
    /// <summary>The operations of an instance that the caller may use, or null when there is no such instance.</summary>
    [Alias("list")]
    Task<IReadOnlyList<ConnectorTool>?> List(string instance, CancellationToken cancellationToken = default);

    /// <summary>Makes one call. One that takes longer than a few seconds goes on, and the answer says where it can be waited for: <see cref="ConnectorCallResult.UnderWay"/>.</summary>
    [Alias("call")]
    Task<ConnectorCallResult> Call(ConnectorCallCommand command, CancellationToken cancellationToken = default);

    /// <summary>Makes an instance's verification call. The platform only.</summary>
    [Alias("check")]
    [ResponseTimeout("00:01:00")]
    Task<ConnectorCallResult> Check(string instance, CancellationToken cancellationToken = default);

    /// <summary>Calls an operation that only reads, without arguments and for nobody, to see what its answer looks like. The limits hold, and the audit names no person. The platform only.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>: there is no such instance, or the operation may not be called for this.</exception>
    [Alias("probe")]
    [ResponseTimeout("00:01:00")]
    Task<ConnectorCallResult> Probe(string instance, string operation, CancellationToken cancellationToken = default);
}

/// <summary>The templates that instances are made from. Key: the tenant's. Holds nothing.</summary>
[Alias("steward.connector-catalog")]
public interface IConnectorCatalogGrain : IGrainWithStringKey
{
    /// <summary>The templates, by id.</summary>
    /// <param name="query">Words of the name, the description or a category; null for all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("list")]
    Task<IReadOnlyList<ConnectorTemplateInfo>> List(string? query, CancellationToken cancellationToken = default);

    /// <summary>A template's text; null when there is none.</summary>
    [Alias("get")]
    Task<ConnectorTemplateText?> Get(string templateId, CancellationToken cancellationToken = default);

    /// <summary>Makes a draft of a template from an OpenAPI document. Admins only.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c>: it is no such document, or over a limit.</exception>
    [Alias("import")]
    [ResponseTimeout("00:02:00")]
    Task<ConnectorTemplateDraft> Import(string document, CancellationToken cancellationToken = default);

    /// <summary>The same with some of the document's operations, for documents whose whole draft is larger than an instance takes. Admins only.</summary>
    /// <param name="document">The document.</param>
    /// <param name="operations">The ids as the whole draft has them; what verifies the connector and what tells the choices of arguments is added. All when empty.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c>: it is no such document, over a limit, or has no such operation.</exception>
    [Alias("import-some")]
    [ResponseTimeout("00:02:00")]
    Task<ConnectorTemplateDraft> ImportSome(string document, IReadOnlyList<string> operations, CancellationToken cancellationToken = default);

    /// <summary>Compares two versions of an OpenAPI document. Keeps nothing. Admins only.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the document that cannot be read.</exception>
    [Alias("compare-specifications")]
    [ResponseTimeout("00:02:00")]
    Task<SpecificationComparison> CompareSpecifications(CompareSpecifications command, CancellationToken cancellationToken = default);
}

/// <summary>A tenant's record of what was done in external systems. Key: <c>t-acme/i-connector-audit</c>.</summary>
[Alias("steward.connector-audit")]
public interface IConnectorAuditGrain : IGrainWithStringKey
{
    /// <summary>Appends entries in their order; they are durable when this returns. Those that are marked as repeated are left out when they are in the log already. The platform only.</summary>
    [Alias("append")]
    Task Append(IReadOnlyList<ConnectorAuditEntry> entries, CancellationToken cancellationToken = default);

    /// <summary>The newest entries, newest first. Admins only.</summary>
    /// <param name="instance">Of one instance; null of all.</param>
    /// <param name="before">Only entries with a lower sequence number; 0 for all.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    [Alias("page")]
    [AlwaysInterleave] // Safe: reads what is durable and changes nothing.
    Task<ConnectorAuditPage> List(string? instance, long before, int limit, CancellationToken cancellationToken = default);
}
