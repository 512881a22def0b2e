using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>The root of what the runtime throws.</summary>
    [GenerateSerializer]
    public class OrleansException : Exception
    {
        /// <summary>Creates an exception.</summary>
        public OrleansException()
            : base("Unexpected error.")
        {
        }

        /// <summary>Creates an exception.</summary>
        public OrleansException(string message)
            : base(message)
        {
        }

        /// <summary>Creates an exception.</summary>
        public OrleansException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>Wrong configuration.</summary>
    [GenerateSerializer]
    public sealed class OrleansConfigurationException : Exception
    {
        /// <summary>Creates an exception.</summary>
        public OrleansConfigurationException(string message)
            : base(message)
        {
        }

        /// <summary>Creates an exception.</summary>
        public OrleansConfigurationException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>A call was not accepted.</summary>
    [GenerateSerializer]
    public class OrleansMessageRejectionException : OrleansException
    {
        internal OrleansMessageRejectionException(string message)
            : base(message)
        {
        }

        internal OrleansMessageRejectionException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>The silo is not there, or no longer.</summary>
    [GenerateSerializer]
    public sealed class SiloUnavailableException : OrleansMessageRejectionException
    {
        /// <summary>Creates an exception.</summary>
        public SiloUnavailableException()
            : base("SiloUnavailableException")
        {
        }

        /// <summary>Creates an exception.</summary>
        public SiloUnavailableException(string msg)
            : base(msg)
        {
        }

        /// <summary>Creates an exception.</summary>
        public SiloUnavailableException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>The client that an observer belongs to is gone.</summary>
    [GenerateSerializer]
    public sealed class ClientNotAvailableException : OrleansException
    {
        internal ClientNotAvailableException(string message)
            : base(message)
        {
        }
    }

    /// <summary>The silo accepts no requests from clients now.</summary>
    [GenerateSerializer]
    public sealed class GatewayTooBusyException : OrleansException
    {
        /// <summary>Creates an exception.</summary>
        public GatewayTooBusyException()
            : base("Gateway too busy")
        {
        }

        /// <summary>Creates an exception.</summary>
        public GatewayTooBusyException(string message)
            : base(message)
        {
        }

        /// <summary>Creates an exception.</summary>
        public GatewayTooBusyException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>Too many requests wait.</summary>
    [GenerateSerializer]
    public sealed class LimitExceededException : OrleansException
    {
        /// <summary>Creates an exception.</summary>
        public LimitExceededException()
            : base("Limit exceeded")
        {
        }

        /// <summary>Creates an exception.</summary>
        public LimitExceededException(string message)
            : base(message)
        {
        }

        /// <summary>Creates an exception.</summary>
        public LimitExceededException(string message, Exception innerException)
            : base(message, innerException)
        {
        }

        /// <summary>Creates an exception.</summary>
        public LimitExceededException(string limitName, int current, int threshold, object extraInfo)
            : base($"Limit exceeded {limitName} Current={current} Threshold={threshold} {extraInfo}")
        {
        }
    }

    /// <summary>The grain has lost an enumeration: it was deactivated, or the enumerator was idle for too long.</summary>
    [GenerateSerializer]
    public sealed class EnumerationAbortedException : Exception
    {
        /// <summary>Creates an exception.</summary>
        public EnumerationAbortedException()
        {
        }

        /// <summary>Creates an exception.</summary>
        public EnumerationAbortedException(string message)
            : base(message)
        {
        }

        /// <summary>Creates an exception.</summary>
        public EnumerationAbortedException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }
}

namespace Orleans.Runtime.Messaging
{
    /// <summary>No silo could be reached.</summary>
    public class ConnectionFailedException : OrleansException
    {
        /// <summary>Creates an exception.</summary>
        public ConnectionFailedException()
        {
        }

        /// <summary>Creates an exception.</summary>
        public ConnectionFailedException(string message)
            : base(message)
        {
        }

        /// <summary>Creates an exception.</summary>
        public ConnectionFailedException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }
}

namespace Orleans.Serialization
{
    /// <summary>A value cannot be carried.</summary>
    [GenerateSerializer]
    public class SerializerException : Exception
    {
        /// <summary>Creates an exception.</summary>
        public SerializerException()
        {
        }

        /// <summary>Creates an exception.</summary>
        public SerializerException(string message)
            : base(message)
        {
        }

        /// <summary>Creates an exception.</summary>
        public SerializerException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>A type is not part of the wire format.</summary>
    [GenerateSerializer]
    public sealed class CodecNotFoundException(string message) : SerializerException(message)
    {
    }

    /// <summary>Stands for an exception whose own type could not be made on this side.</summary>
    public sealed class UnavailableExceptionFallbackException : Exception
    {
        /// <summary>Creates an exception.</summary>
        public UnavailableExceptionFallbackException()
        {
        }

        /// <summary>Creates an exception.</summary>
        public UnavailableExceptionFallbackException(string message, Exception innerException)
            : base(message, innerException)
        {
        }

        /// <summary>The name of the original type.</summary>
        public string? ExceptionType { get; internal set; }
    }
}

namespace Orleans
{
    /// <summary>Why an activation ends.</summary>
    public readonly struct DeactivationReason
    {
        /// <summary>Creates a reason.</summary>
        public DeactivationReason(DeactivationReasonCode code, string text)
            : this(code, null, text)
        {
        }

        /// <summary>Creates a reason.</summary>
        public DeactivationReason(DeactivationReasonCode code, Exception? exception, string text)
        {
            ReasonCode = code;
            Description = text;
            Exception = exception;
        }

        /// <summary>The text.</summary>
        public string Description { get; }

        /// <summary>The code.</summary>
        public DeactivationReasonCode ReasonCode { get; }

        /// <summary>The error, if one is the reason.</summary>
        public Exception? Exception { get; }

        /// <inheritdoc/>
        public override string ToString() => Exception is null ? $"{ReasonCode}: {Description}." : $"{ReasonCode}: {Description}. Exception: {Exception}";
    }

    /// <summary>Why an activation ends.</summary>
    [GenerateSerializer]
    public enum DeactivationReasonCode : byte
    {
        /// <summary>No reason.</summary>
        None,

        /// <summary>The process ends.</summary>
        ShuttingDown,

        /// <summary>Activation failed.</summary>
        ActivationFailed,

        /// <summary>The directory failed.</summary>
        DirectoryFailure,

        /// <summary>Nothing was asked of it for a while.</summary>
        ActivationIdle,

        /// <summary>It does not respond.</summary>
        ActivationUnresponsive,

        /// <summary>Another activation exists.</summary>
        DuplicateActivation,

        /// <summary>A request does not fit.</summary>
        IncompatibleRequest,

        /// <summary>The application failed.</summary>
        ApplicationError,

        /// <summary>The application asked for it.</summary>
        ApplicationRequested,

        /// <summary>It moves.</summary>
        Migrating,

        /// <summary>The runtime asked for it.</summary>
        RuntimeRequested,

        /// <summary>Memory is short.</summary>
        HighMemoryPressure,
    }
}
