using Orleans.Core.Internal;

namespace Orleans.Runtime;

/// <summary>Values that travel with calls: to the callee, and on with its calls, but never back.</summary>
public static class RequestContext
{
    private const string ReentrancyHeader = "#CCR";

    private static readonly AsyncLocal<Dictionary<string, object>?> Current = new();

    /// <summary>The keys.</summary>
    public static IEnumerable<string> Keys => Current.Value?.Keys ?? Enumerable.Empty<string>();

    /// <summary>The values by key.</summary>
    public static IEnumerable<KeyValuePair<string, object>> Entries => Current.Value ?? Enumerable.Empty<KeyValuePair<string, object>>();

    /// <summary>The call chain that may re-enter its activations.</summary>
    public static Guid ReentrancyId
    {
        get => Get(ReentrancyHeader) is Guid id ? id : Guid.Empty;
        set
        {
            if (value == Guid.Empty)
            {
                Remove(ReentrancyHeader);
            }
            else
            {
                Set(ReentrancyHeader, value);
            }
        }
    }

    internal static Dictionary<string, object>? Values
    {
        get => Current.Value;
        set
        {
            if (!ReferenceEquals(Current.Value, value))
            {
                Current.Value = value;
            }
        }
    }

    /// <summary>The value, or null.</summary>
    public static object? Get(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Current.Value is { } values && values.TryGetValue(key, out var value) ? value : null;
    }

    /// <summary>Sets a value for the calls that this flow makes from now on.</summary>
    public static void Set(string key, object value)
    {
        ArgumentNullException.ThrowIfNull(key);
        Current.Value = Current.Value is { } old ? new Dictionary<string, object>(old) { [key] = value } : new Dictionary<string, object>(1) { [key] = value };
    }

    /// <summary>Removes a value.</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (Current.Value is not { } old || !old.ContainsKey(key))
        {
            return false;
        }

        if (old.Count == 1)
        {
            Current.Value = null;
        }
        else
        {
            var values = new Dictionary<string, object>(old);
            values.Remove(key);
            Current.Value = values;
        }

        return true;
    }

    /// <summary>Removes all values.</summary>
    public static void Clear() => Values = null;

    /// <summary>Until disposed, the calls made may lead back into this activation.</summary>
    public static ReentrancySection AllowCallChainReentrancy()
    {
        var original = ReentrancyId;
        return new ReentrancySection(original, original == Guid.Empty ? Guid.NewGuid() : original);
    }

    /// <summary>Until disposed, the calls made may not lead back into activations of the chain.</summary>
    public static ReentrancySection SuppressCallChainReentrancy() => new(ReentrancyId, Guid.Empty);

    internal static Guid ReentrancyIdOf(Dictionary<string, object>? values) =>
        values is not null && values.TryGetValue(ReentrancyHeader, out var value) && value is Guid id ? id : Guid.Empty;

    /// <summary>Ends a section.</summary>
    public readonly struct ReentrancySection : IDisposable
    {
        private readonly Guid _original;
        private readonly Guid _new;

        /// <summary>Begins a section.</summary>
        public ReentrancySection(Guid originalReentrancyId, Guid newReentrancyId)
        {
            _original = originalReentrancyId;
            _new = newReentrancyId;
            if (newReentrancyId != originalReentrancyId)
            {
                ReentrancyId = newReentrancyId;
            }

            if (newReentrancyId != Guid.Empty)
            {
                (RuntimeContext.Current as ICallChainReentrantGrainContext)?.OnEnterReentrantSection(newReentrancyId);
            }
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (_new != Guid.Empty)
            {
                (RuntimeContext.Current as ICallChainReentrantGrainContext)?.OnExitReentrantSection(_new);
            }

            if (_new != _original)
            {
                ReentrancyId = _original;
            }
        }
    }
}
