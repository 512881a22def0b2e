using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Limits;

/// <summary>
/// The limits of single resources, at most <see cref="MaxKeys"/> of them. The resource that was used longest ago makes room, if its window is empty; while none is, further resources
/// share one window, so that the limit of none of them is ever exceeded.
/// </summary>
internal sealed class ResourceLimits(LimitSpec spec)
{
    public const int MaxKeys = 256;

    private const int Slots = 16;

    private readonly Dictionary<string, LinkedListNode<(string Key, LimitState State)>> _byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, LimitState State)> _byUse = new();
    private LimitSpec _spec = spec;
    private LimitState? _shared;

    public int Count => _byKey.Count;

    /// <summary>Takes another limit over the same window.</summary>
    public void Use(LimitSpec other)
    {
        _spec = other;
        _shared?.Use(other);
        foreach (var (_, state) in _byUse)
        {
            state.Use(other);
        }
    }

    /// <summary>The state of a resource.</summary>
    public LimitState For(string key, TimeSpan now)
    {
        if (_byKey.TryGetValue(key, out var node))
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.State;
        }

        if (_byKey.Count >= MaxKeys)
        {
            if (!_byUse.Last!.Value.State.IsIdle(now))
            {
                return _shared ??= new LimitState(_spec, Slots);
            }

            _byKey.Remove(_byUse.Last.Value.Key);
            _byUse.RemoveLast();
        }

        if (_shared is { } shared && !shared.IsIdle(now))
        {
            // What stands in the shared window may belong to this resource.
            return shared;
        }

        _shared = null;
        return (_byKey[key] = _byUse.AddFirst((key, new LimitState(_spec, Slots)))).Value.State;
    }
}
