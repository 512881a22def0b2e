using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Jira;
using Steward.Engines.Connectors.Okta;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Salesforce;
using Steward.Engines.Connectors.ServiceNow;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors;

/// <summary>Builds each tenant's connectors from the options when they are first asked for, and again after the options changed.</summary>
internal sealed class ConnectorRegistry(
    IOptionsMonitor<ConnectorsOptions> options,
    IHttpClientFactory clients,
    IInstanceDirectory directory,
    IServiceProvider services,
    TimeProvider time,
    ILogger<ConnectorRegistry> logger,
    ICallAudit? audit = null,
    ClusterKeyRing? keys = null) : IConnectorRegistry
{
    private readonly AuditKeys _auditKeys = new(keys);
    private readonly ConcurrentDictionary<string, (ConnectorsOptions Options, TenantConnectors Connectors)> _tenants = new(StringComparer.Ordinal);

    public ITenantConnectors ForTenant(string tenantId)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenantId);
        var current = options.CurrentValue;
        if (!current.Tenants.TryGetValue(tenantId, out var configured))
        {
            // Not remembered: ids of tenants without connectors come from outside and are not limited in number.
            return new TenantConnectors(tenantId, [], current, time, logger, audit: null);
        }

        return _tenants.AddOrUpdate(
            tenantId,
            _ => (current, Create(tenantId, configured, current)),
            (_, known) => ReferenceEquals(known.Options, current) ? known : (current, Create(tenantId, configured, current))).Connectors;
    }

    public async ValueTask<ITenantConnectors> OpenAsync(string tenantId, ConnectorCaller? caller, CancellationToken cancellationToken)
    {
        var configured = ForTenant(tenantId);
        var instances = await directory.ListAsync(tenantId, cancellationToken);
        return instances.Count == 0
            ? caller is null ? configured : new PersonConnectors(configured, caller)
            : new TenantConnectorSet(configured, instances, directory, services.GetRequiredService<IConnectorPipeline>(), caller);
    }

    private TenantConnectors Create(string tenantId, TenantConnectorsOptions configured, ConnectorsOptions current)
    {
        List<VendorConnector> connectors = [];
        if (configured.Okta is { } okta)
        {
            connectors.Add(new OktaConnector(okta, clients, time));
        }

        if (configured.ServiceNow is { } serviceNow)
        {
            connectors.Add(new ServiceNowConnector(serviceNow, clients, time));
        }

        if (configured.Jira is { } jira)
        {
            connectors.Add(new JiraConnector(jira, clients, time));
        }

        if (configured.Salesforce is { } salesforce)
        {
            connectors.Add(new SalesforceConnector(salesforce, clients, time));
        }

        return new TenantConnectors(tenantId, connectors, current, time, logger, audit is null ? null : new ConfiguredCallAudit(audit, _auditKeys, connectors));
    }
}
