namespace Steward.Engines.Experiments.Assignment;

/// <summary>
/// A hash that is the same in every process, as what is kept needs: FNV-1a over UTF-16 code units (Fowler, Noll, Vo), mixed by MurmurHash3's finalizer, since only the low bits of FNV-1a are well mixed.
/// Not for anything that an attacker should not foresee.
/// </summary>
public static class StableHash
{
    /// <summary>The hash of a text of some kind; equal texts of different kinds differ.</summary>
    public static uint Of(string kind, string text)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(text);
        var hash = 2166136261u;
        foreach (var unit in kind)
        {
            hash = (hash ^ unit) * 16777619u;
        }

        hash = (hash ^ 0x1F) * 16777619u;
        foreach (var unit in text)
        {
            hash = (hash ^ unit) * 16777619u;
        }

        hash = (hash ^ (hash >> 16)) * 0x85EBCA6Bu;
        hash = (hash ^ (hash >> 13)) * 0xC2B2AE35u;
        return hash ^ (hash >> 16);
    }
}
