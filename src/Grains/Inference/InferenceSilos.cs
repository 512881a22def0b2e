using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Steward.Engines.Inference;

namespace Steward.Inference;

/// <summary>Which silos run models, and on what, as each says in its metadata.</summary>
internal sealed class InferenceSilos(IClusterMembershipService membership, ISiloMetadataCache metadata, ILocalSiloDetails local)
{
    /// <summary>The name in a silo's metadata under which it says what it runs models on.</summary>
    public const string Name = "steward.inference";

    private const char Separator = '@';

    private int _turn;

    /// <summary>What a silo with this engine says; null is a silo without one.</summary>
    public static string Describe(InferenceStatus? status) => status switch
    {
        { IsAvailable: true, UsesGpu: true } => "gpu",
        { IsAvailable: true } => "processor",
        _ => "none",
    };

    /// <summary>The model of a grain's key.</summary>
    public static string ModelOf(string key) => key.IndexOf(Separator, StringComparison.Ordinal) is var at and >= 0 ? key[..at] : key;

    /// <summary>The best of the silos for a key: the one that the key names while it lives, else those with a GPU, else those with a processor, and who cannot run models last.</summary>
    public static IEnumerable<SiloAddress> Choose(string key, IEnumerable<SiloAddress> silos, ISiloMetadataCache metadata)
    {
        var candidates = silos.ToList();
        if (key.IndexOf(Separator, StringComparison.Ordinal) is var at and >= 0 && candidates.Find(silo => silo.ToParsableString() == key[(at + 1)..]) is { } named)
        {
            return [named];
        }

        var ranked = candidates.ConvertAll(silo => (Silo: silo, Rank: RankOf(silo, metadata)));
        var best = ranked.Count == 0 ? 0 : ranked.Max(silo => silo.Rank);
        return ranked.Where(silo => silo.Rank == best).Select(silo => silo.Silo);
    }

    /// <summary>
    /// The key under which a better silo than this one is asked, or null where there is none. Orleans remembers where a stateless worker was found for as long as it is in use: a silo with a GPU
    /// that joins later would never be asked by those that had found another one.
    /// </summary>
    public string? FindBetter(string key)
    {
        if (key.Contains(Separator, StringComparison.Ordinal))
        {
            return null;
        }

        var members = membership.CurrentSnapshot.Members;
        if (members.Count < 2)
        {
            return null;
        }

        var alive = members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress);
        var best = Choose(key, alive, metadata).ToList();
        if (best.Count == 0 || RankOf(best[0], metadata) <= RankOf(local.SiloAddress, metadata))
        {
            return null;
        }

        // In turns, so that several silos with a GPU share what comes here.
        var silo = best.OrderBy(silo => silo.ToParsableString(), StringComparer.Ordinal).ElementAt((int)((uint)Interlocked.Increment(ref _turn) % (uint)best.Count));
        return $"{key}{Separator}{silo.ToParsableString()}";
    }

    // What a silo says is known a moment after it joined. Until then it may be one of any kind.
    private static int RankOf(SiloAddress silo, ISiloMetadataCache metadata) => metadata.GetSiloMetadata(silo).Metadata.GetValueOrDefault(Name) switch
    {
        "gpu" => 3,
        "processor" => 2,
        null => 1,
        _ => 0,
    };
}
