using Microsoft.Extensions.Logging;

namespace Steward.Engines.Sandboxing.Supervision;

public abstract partial class SupervisedSandbox
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Sandbox profile {Profile} of {Provider} is ready: {Versions}")]
    private static partial void LogProfileReady(ILogger logger, string provider, string profile, string versions);

    [LoggerMessage(Level = LogLevel.Information, Message = "Code execution is on ({Provider}). Missing layers: {Missing}")]
    private static partial void LogReady(ILogger logger, string provider, string missing);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Code execution is off ({Provider}): {Reason}")]
    private static partial void LogOff(ILogger logger, string provider, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Code execution has no {Provider}, which nobody has chosen: {Reason}")]
    private static partial void LogNotChosen(ILogger logger, string provider, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sandbox profile {Profile} of {Provider} cannot be made: {Reason}")]
    private static partial void LogProfileFailed(ILogger logger, string provider, string profile, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The sandbox supervisor of {Provider} ended; it is started anew with the next job. Its last words: {Errors}")]
    private static partial void LogSupervisorEnded(ILogger logger, string provider, string errors);

    [LoggerMessage(Level = LogLevel.Error, Message = "The data broker failed for execution {ExecutionId}")]
    private static partial void LogBrokerFailed(ILogger logger, Exception exception, string executionId);
}
