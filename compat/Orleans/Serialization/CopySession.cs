namespace Orleans.Runtime;

/// <summary>The copying of one message: keeps what is the same object in the original the same object in the copy.</summary>
internal sealed class CopySession
{
    [ThreadStatic]
    private static CopySession? _spare;

    private readonly (object From, object To)[] _few = new (object, object)[8];
    private int _count;
    private Dictionary<object, object>? _many;

    private CopySession()
    {
    }

    /// <summary>The runtime that references in the copy belong to.</summary>
    public CallRuntime? Target { get; private set; }

    /// <summary>Whether the copy crosses containers, so that immutable values are copied too.</summary>
    public bool Remote { get; private set; }

    public static CopySession Rent(CallRuntime? target, bool remote)
    {
        var session = _spare ?? new CopySession();
        _spare = null;
        session.Target = target;
        session.Remote = remote;
        return session;
    }

    public void Return()
    {
        Array.Clear(_few, 0, Math.Min(_count, _few.Length));
        _many?.Clear();
        _count = 0;
        Target = null;
        _spare = this;
    }

    public T CopyArgument<T>(T value) => value is null ? value : Copier<T>.Instance.Copy(value, this);

    public T CopyImmutableArgument<T>(T value)
    {
        if (value is null)
        {
            return value;
        }

        var copier = Copier<T>.Instance;
        return Remote ? copier.Copy(value, this) : value;
    }

    public bool TryGet<T>(T from, out T to)
        where T : class
    {
        var seen = Math.Min(_count, _few.Length);
        for (var i = 0; i < seen; i++)
        {
            if (ReferenceEquals(_few[i].From, from))
            {
                to = (T)_few[i].To;
                return true;
            }
        }

        if (_many is not null && _many.TryGetValue(from, out var known))
        {
            to = (T)known;
            return true;
        }

        to = default!;
        return false;
    }

    public void Record(object from, object to)
    {
        if (_count < _few.Length)
        {
            _few[_count] = (from, to);
        }
        else
        {
            _many ??= new Dictionary<object, object>(ReferenceEqualityComparer.Instance);
            _many[from] = to;
        }

        _count++;
    }
}
