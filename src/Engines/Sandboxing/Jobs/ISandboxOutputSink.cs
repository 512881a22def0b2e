namespace Steward.Engines.Sandboxing;

/// <summary>Hears of an execution while it goes on. Calls of one execution come one after another and must return at once; what they throw is dropped, the first of it logged.</summary>
public interface ISandboxOutputSink
{
    /// <summary>It waits; the position is 1 for the next one. Told on arrival and whenever the position changes.</summary>
    void Queued(int position);

    /// <summary>The code was handed to a sandbox of this provider.</summary>
    void Started(string provider);

    /// <summary>More of standard output and error, in whole characters; nothing comes past <see cref="SandboxLimits.TextBytes"/>.</summary>
    void Text(string text);
}

/// <summary>A sink that nobody listens to.</summary>
public sealed class NoOutputSink : ISandboxOutputSink
{
    private NoOutputSink()
    {
    }

    /// <summary>The only one.</summary>
    public static NoOutputSink Instance { get; } = new();

    /// <inheritdoc />
    public void Queued(int position)
    {
    }

    /// <inheritdoc />
    public void Started(string provider)
    {
    }

    /// <inheritdoc />
    public void Text(string text)
    {
    }
}
