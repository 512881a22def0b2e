using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Instances;

/// <summary>Where the system behind an instance keeps data, and whether the tenant allows that. Regions are the names that templates use, such as eu or us-west.</summary>
public static class InstanceResidency
{
    /// <summary>
    /// The regions in which data of the instance may be: that of the host to which calls go, where the template knows hosts by region; else the one that is stated; else all in which the vendor keeps
    /// data. Empty when nobody says.
    /// </summary>
    public static IReadOnlyList<string> Of(ResolvedInstance target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return RegionOfHost(target) is { } region ? [region]
            : target.Instance.Region is { } stated ? [stated]
            : target.Template.Residency;
    }

    /// <summary>Why the tenant does not allow the instance; null when it does.</summary>
    /// <param name="target">The instance.</param>
    /// <param name="allowed">The regions that the tenant allows; empty for all.</param>
    public static InstanceFault? Check(ResolvedInstance target, IReadOnlyCollection<string> allowed)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(allowed);
        if (allowed.Count == 0)
        {
            return null;
        }

        var (name, only) = (target.Template.Name, string.Join(", ", allowed.Order(StringComparer.Ordinal)));
        var stated = target.Instance.Region;
        if (RegionOfHost(target) is { } region)
        {
            return stated is not null && !IsSame(stated, region)
                ? new("baseUrl", $"is {name}'s host of the region {region}, and not of {stated}.")
                : IsAllowed(region) ? null : new(stated is null ? "baseUrl" : "region", $"must be one that this tenant allows ({only}): calls of {name} go to a host of {region}.");
        }

        if (stated is not null)
        {
            return !IsAllowed(stated) ? new("region", $"must be one that this tenant allows: {only}.")
                : target.Template is { Connection.Regions.Count: 0, Residency.Count: > 0 } && !target.Template.Residency.Contains(stated, StringComparer.OrdinalIgnoreCase)
                    ? new("region", $"must be one in which {name} keeps data: {string.Join(", ", target.Template.Residency)}.")
                    : null;
        }

        return target.Template.Residency switch
        {
            [] => new("region", $"must be given: this tenant allows only {only}, and nobody knows where {name} keeps data."),
            var kept when kept.All(IsAllowed) => null,
            var kept when kept.Any(IsAllowed) => new("region", $"must be given: {name} keeps data in {string.Join(", ", kept)}, and this tenant allows only {only}."),
            var kept => new("templateId", $"must be of a system that keeps data where this tenant allows it ({only}); {name} does in {string.Join(", ", kept)}."),
        };

        bool IsAllowed(string candidate) => allowed.Contains(candidate, StringComparer.OrdinalIgnoreCase);
    }

    private static bool IsSame(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    // An address of one's own can be that of another region, and the template's own address is that of some region, too.
    private static string? RegionOfHost(ResolvedInstance target)
    {
        var regions = target.Template.Connection.Regions;
        if (regions.Count == 0 || InstanceAddress.Find(target) is not { } url)
        {
            return null;
        }

        var same = regions.Where(region => AddressOf(region.Value)?.Authority == url.Authority).ToList();

        // Several regions of one host are told apart by their paths, or by what is stated.
        return same.Count <= 1 ? same.Select(region => region.Key).FirstOrDefault()
            : same.Where(region => AddressOf(region.Value)!.AbsolutePath.TrimEnd('/') == url.AbsolutePath.TrimEnd('/')).Select(region => region.Key).FirstOrDefault();

        Uri? AddressOf(string text) => Uri.TryCreate(InstanceAddress.Fill(text, target.Instance, target.Template), UriKind.Absolute, out var address) ? address : null;
    }
}
