namespace Orleans.Runtime;

/// <summary>The activation whose code runs on this thread.</summary>
internal static class RuntimeContext
{
    [ThreadStatic]
    private static IGrainContext? _current;

    public static IGrainContext? Current => _current;

    public static IGrainContext? Exchange(IGrainContext? context)
    {
        var before = _current;
        _current = context;
        return before;
    }
}
