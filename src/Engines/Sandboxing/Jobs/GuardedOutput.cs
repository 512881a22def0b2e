using Microsoft.Extensions.Logging;

namespace Steward.Engines.Sandboxing;

/// <summary>Keeps a listener's trouble from whoever tells it: the first exception is logged, all are dropped. The pool hands providers nothing else.</summary>
internal sealed partial class GuardedOutput(ISandboxOutputSink inner, string execution, ILogger logger) : ISandboxOutputSink
{
    private int _failures;

    /// <inheritdoc />
    public void Queued(int position) => Tell(position, static (sink, value) => sink.Queued(value));

    /// <inheritdoc />
    public void Started(string provider) => Tell(provider, static (sink, value) => sink.Started(value));

    /// <inheritdoc />
    public void Text(string text) => Tell(text, static (sink, value) => sink.Text(value));

    private void Tell<T>(T value, Action<ISandboxOutputSink, T> what)
    {
        try
        {
            what(inner, value);
        }
#pragma warning disable CA1031 // A listener's trouble must end neither the execution nor the loop that serves all of them.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (Interlocked.Increment(ref _failures) == 1)
            {
                LogTrouble(exception, execution);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whoever listens to {Execution} failed; the execution goes on")]
    private partial void LogTrouble(Exception exception, string execution);
}
