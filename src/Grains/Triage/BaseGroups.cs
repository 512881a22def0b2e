using Steward.Engines.Triage.Routing;
using Steward.Inference;

namespace Steward.Triage;

/// <summary>Which of a tenant's groups the shared model's labels mean, worked out once for each version of the settings. For the grain's scheduler only.</summary>
internal sealed class BaseGroups(TriageParts parts, string tenantId)
{
    private const int TextsAtOnce = 128;

    // Names were compared by their words meanwhile.
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMinutes(1);

    private GroupMapping? _mapping;
    private long _settingsVersion;
    private string _model = "";
    private DateTimeOffset _until;

    /// <summary>Finds the groups of labels.</summary>
    public async ValueTask<Func<string, GroupMatch?>> FindAsync(TriageSettings settings, IReadOnlyList<string> labels, CancellationToken cancellationToken)
    {
        if (settings.Groups.Count == 0)
        {
            return static label => new GroupMatch(label, true);
        }

        var now = parts.Time.GetUtcNow();
        if (_mapping is { } known && _settingsVersion == settings.Version && _model == settings.BaseModel && now < _until && labels.All(label => known.Labels.Contains(label, StringComparer.Ordinal)))
        {
            return known.Find;
        }

        if (_mapping is not null && _settingsVersion == settings.Version && _model == settings.BaseModel)
        {
            // A model that has more labels than an answer names.
            labels = [.. _mapping.Labels.Union(labels, StringComparer.Ordinal)];
        }

        RoutingGroup[] groups = [.. settings.Groups.Select(group => new RoutingGroup(group.Name, group.Description, group.BaseLabels))];
        var likeness = await LikenessAsync(groups, labels, cancellationToken);
        var mapping = GroupMapping.Of(groups, labels, likeness);
        (_mapping, _settingsVersion, _model) = (mapping, settings.Version, settings.BaseModel);
        _until = likeness is null && groups.Any(group => group.BaseLabels.Count == 0) ? now + AskAgainAfter : DateTimeOffset.MaxValue;
        return mapping.Find;
    }

    // Null when no embedder answers now.
    private async Task<Func<string, RoutingGroup, double>?> LikenessAsync(RoutingGroup[] groups, IReadOnlyList<string> labels, CancellationToken cancellationToken)
    {
        string[] texts = [.. labels, .. groups.Select(TextOf)];
        var vectors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        try
        {
            foreach (var part in texts.Distinct(StringComparer.Ordinal).Chunk(TextsAtOnce))
            {
                var command = new EmbedTexts { TenantId = tenantId, Texts = part };
                var embedded = await parts.Models.EmbedAsync(parts.Options.Value.NameModel, command, cancellationToken).WaitAsync(parts.Options.Value.ModelTimeout, parts.Time, cancellationToken);
                foreach (var (text, vector) in part.Zip(embedded.Vectors))
                {
                    vectors[text] = vector;
                }
            }
        }
        catch (Exception exception) when (ModelFailures.Is(exception, cancellationToken))
        {
            return null;
        }

        return (label, group) => vectors[label].Zip(vectors[TextOf(group)], (left, right) => (double)left * right).Sum();
    }

    private static string TextOf(RoutingGroup group) => string.IsNullOrWhiteSpace(group.Description) ? group.Name : $"{group.Name} {group.Description}";
}
