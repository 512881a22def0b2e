using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Steward.Engines.Connectors;
using Steward.Identity;
using Steward.Sandbox.Snippets;

namespace Steward.Sandbox;

/// <summary>
/// The tool <c>sandbox.run_code</c> beside the operations of a tenant's connectors: for agents, in the name of the person who asked them. It is offered only where code can be run.
/// </summary>
internal sealed class SandboxTools(IConnectorRegistry inner, Lazy<LeaseWork> work, Lazy<PersonDataFactory> data, SnippetExamples examples, IGrainFactory grains, PlatformIdentity platform, TimeProvider time) : IConnectorRegistry
{
    /// <summary>How the sandbox is called among the connectors.</summary>
    public const string Connector = "sandbox";

    /// <summary>The tool.</summary>
    public const string RunCode = "sandbox.run_code";

    // The same list for the same list, so that what is derived from it is derived once.
    private readonly ConditionalWeakTable<IReadOnlyList<ConnectorOperation>, ConcurrentDictionary<string, IReadOnlyList<ConnectorOperation>>> _known = [];

    /// <inheritdoc/>
    public ITenantConnectors ForTenant(string tenantId) => inner.ForTenant(tenantId);

    /// <inheritdoc/>
    public async ValueTask<ITenantConnectors> OpenAsync(string tenantId, ConnectorCaller? caller, CancellationToken cancellationToken)
    {
        var usable = await inner.OpenAsync(tenantId, caller, cancellationToken);

        // The platform itself has no rights that code could run with.
        if (caller is null || caller.Roles.Contains(WellKnownRoles.System))
        {
            return usable;
        }

        await work.Value.WhenStartedAsync().WaitAsync(cancellationToken);
        List<string> languages = work.Value.IsAvailable ? ["python", "shell"] : [];
        if (data.Value.CanQuery(tenantId))
        {
            languages.Add("sql");
        }

        if (languages.Count == 0)
        {
            return usable;
        }

        var shown = examples.For(tenantId);
        var operations = _known.GetValue(usable.Operations, _ => new(StringComparer.Ordinal))
            .GetOrAdd(string.Join(' ', languages) + shown, _ => [.. usable.Operations.Append(RunCodeTool.Describe(languages, shown)).OrderBy(operation => operation.Id, StringComparer.Ordinal)]);
        return new RunCodeTool(usable, operations, grains, platform, new CallerIdentity { TenantId = tenantId, UserId = caller.UserId, Roles = caller.Roles, Email = caller.Email }, time);
    }
}
