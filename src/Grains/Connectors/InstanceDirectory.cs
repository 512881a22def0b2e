using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Templates;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>
/// This silo's view of tenants' instances: lists are asked for again when they are older than <see cref="FreshFor"/>, definitions when their revision is another. Of a tenant whose list
/// cannot be read the last one holds. Tenants that nobody asks for are forgotten.
/// </summary>
internal sealed partial class InstanceDirectory(IGrainFactory grains, PlatformIdentity platform, CredentialEnvelope envelope, TemplateLibrary library, TimeProvider time, ILogger<InstanceDirectory> logger)
    : IInstanceDirectory
{
    /// <summary>How long a list holds without being asked for again.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(2);

    private const int MaxTemplates = 1000;
    private const int MaxWithoutConnectors = 10_000;
    private const int AtOnce = 16;
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(30);

    private readonly ConcurrentDictionary<string, Listing> _tenants = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConnectorTemplate> _templates = new(StringComparer.Ordinal);
    private long _expiries;
    private long _lastSwept = time.GetTimestamp();

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ResolvedInstance>> ListAsync(string tenantId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenantId);
        var known = _tenants.GetValueOrDefault(tenantId);
        if (known is not null && time.GetElapsedTime(known.AskedAt) < FreshFor)
        {
            return known.Instances;
        }

        Sweep();
        try
        {
            return (await LoadAsync(tenantId, known, cancellationToken)).Instances;
        }
        catch (Exception exception) when (known is not null && exception is not OperationCanceledException)
        {
            LogStale(logger, tenantId, exception);
            _tenants[tenantId] = known with { AskedAt = time.GetTimestamp() };
            return known.Instances;
        }
    }

    /// <summary>Asks for a tenant's list again with the next call, however fresh it is.</summary>
    public void Expire(string tenantId)
    {
        // A list that is being read now may be older than what happened.
        Interlocked.Increment(ref _expiries);
        if (_tenants.TryGetValue(tenantId, out var known))
        {
            _tenants.TryUpdate(tenantId, known with { AskedAt = LongAgo() }, known);
        }
    }

    /// <inheritdoc/>
    public IInstanceGate GateOf(string tenantId, string instanceName) => new GrainInstanceGate(GrainKeys.Connector(tenantId, instanceName), grains, platform, envelope);

    private async Task<Listing> LoadAsync(string tenantId, Listing? known, CancellationToken cancellationToken)
    {
        var (began, expiries) = (time.GetTimestamp(), Interlocked.Read(ref _expiries));
        platform.Assume(tenantId);
        var entries = await grains.GetGrain<IConnectorIndexGrain>(GrainKeys.ConnectorIndex(tenantId)).List(cancellationToken);
        if (known is not null && known.Entries.SequenceEqual(entries))
        {
            return Keep(known with { AskedAt = began });
        }

        var before = known?.Instances.ToDictionary(target => target.Instance.Name, StringComparer.Ordinal) ?? [];
        List<ResolvedInstance> instances = [];
        HashSet<string> failed = new(StringComparer.Ordinal);
        foreach (var batch in entries.Where(entry => entry.Enabled).Chunk(AtOnce))
        {
            var loaded = await Task.WhenAll(batch.Select(async entry =>
                before.TryGetValue(entry.Name, out var same) && same.Instance.Revision == entry.Revision ? same : await TryResolveAsync(tenantId, entry.Name, failed, cancellationToken)));
            instances.AddRange(loaded.OfType<ResolvedInstance>());
        }

        // What failed is not among what is known, and so it is asked for again.
        var listing = new Listing(failed.Count == 0 ? entries : [.. entries.Where(entry => !failed.Contains(entry.Name))], instances, began);
        if (entries.Count > 0 || known is not null || _tenants.Count < MaxWithoutConnectors)
        {
            // Strangers can name tenants without number; those without connectors are remembered only while there are few.
            return Keep(listing);
        }

        return listing;

        // Looked at after it is kept, so that an expiry from here on finds it.
        Listing Keep(Listing read)
        {
            _tenants[tenantId] = read;
            if (expiries != Interlocked.Read(ref _expiries))
            {
                _tenants.TryUpdate(tenantId, read with { AskedAt = LongAgo() }, read);
            }

            return read;
        }
    }

    private long LongAgo() => time.GetTimestamp() - (long)(FreshFor.TotalSeconds * time.TimestampFrequency) - 1;

    // One instance that cannot be had now must not take the tenant's others with it.
    private async Task<ResolvedInstance?> TryResolveAsync(string tenantId, string name, HashSet<string> failed, CancellationToken cancellationToken)
    {
        try
        {
            return await ResolveAsync(tenantId, name, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogLeftOut(logger, name, tenantId, exception);
            lock (failed)
            {
                failed.Add(name);
            }

            return null;
        }
    }

    private async Task<ResolvedInstance?> ResolveAsync(string tenantId, string name, CancellationToken cancellationToken)
    {
        var connector = grains.GetGrain<IConnectorGrain>(GrainKeys.Connector(tenantId, name));
        platform.Assume(tenantId);
        if (await connector.GetDefinition(withText: false, cancellationToken) is not { } definition)
        {
            return null;
        }

        var instance = JsonSerializer.Deserialize<ConnectorInstance>(definition.InstanceJson, TemplateJson.Options)!;
        if (_templates.Count >= MaxTemplates)
        {
            _templates.Clear();
        }

        if (!_templates.TryGetValue(definition.TemplateHash, out var template))
        {
            template = library.Find(instance.TemplateId) is { } own && own.Hash == definition.TemplateHash ? own.Template : await ReadTemplateAsync();
            if (template is null)
            {
                return null;
            }

            _templates[definition.TemplateHash] = template;
        }

        return McpOperations.Complete(new ResolvedInstance(instance, template));

        // The tenant's own, or another version than this silo has.
        async Task<ConnectorTemplate?> ReadTemplateAsync()
        {
            platform.Assume(tenantId);
            return await connector.GetDefinition(withText: true, cancellationToken) is { TemplateText: { } text } whole && whole.TemplateHash == definition.TemplateHash
                ? TemplateReader.Read(text, instance.TemplateId)
                : null;
        }
    }

    private void Sweep()
    {
        if (time.GetElapsedTime(Interlocked.Read(ref _lastSwept)) < ForgetAfter)
        {
            return;
        }

        Interlocked.Exchange(ref _lastSwept, time.GetTimestamp());
        foreach (var (tenantId, listing) in _tenants)
        {
            if (time.GetElapsedTime(listing.AskedAt) > ForgetAfter)
            {
                _tenants.TryRemove(KeyValuePair.Create(tenantId, listing));
            }
        }
    }

    private sealed record Listing(IReadOnlyList<ConnectorEntry> Entries, IReadOnlyList<ResolvedInstance> Instances, long AskedAt);

    [LoggerMessage(EventId = 1403, Level = LogLevel.Warning, Message = "The connectors of {Tenant} cannot be listed; those known before are used")]
    private static partial void LogStale(ILogger logger, string tenant, Exception exception);

    [LoggerMessage(EventId = 1413, Level = LogLevel.Warning, Message = "The connector {Connector} of {Tenant} is left out, since its settings cannot be had now")]
    private static partial void LogLeftOut(ILogger logger, string connector, string tenant, Exception exception);
}
