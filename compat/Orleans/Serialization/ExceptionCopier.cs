using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Orleans.Serialization;

namespace Orleans.Runtime;

/// <summary>
/// Carries errors: of any type with a serializer its members; of types from the framework's name spaces message, stack trace,
/// inner error, code and data; of other types the same, in an exception that names the original type.
/// </summary>
internal static class ExceptionCopier
{
    private static readonly FieldInfo MessageField = Field("_message");
    private static readonly FieldInfo InnerField = Field("_innerException");
    private static readonly FieldInfo HResultField = Field("_HResult");
    private static readonly FieldInfo? InnersField = typeof(AggregateException).GetField("_innerExceptions", BindingFlags.Instance | BindingFlags.NonPublic);

    public static Exception Copy(Exception exception, CopySession session)
    {
        var type = exception.GetType();
        if (type == typeof(AggregateException))
        {
            var aggregate = (AggregateException)exception;
            var copied = new AggregateException(aggregate.InnerExceptions.Select(e => Copy(e, session)));
            CopyBase(exception, copied, session, copied.InnerException);
            return copied;
        }

        if (type.IsDefined(typeof(GenerateSerializerAttribute), false))
        {
            return (Exception)Copier.For(type).CopyObject(exception, session);
        }

        if (IsOfFramework(type))
        {
            Exception copied;
            try
            {
                copied = type.GetConstructor(Type.EmptyTypes) is not null
                    ? (Exception)Activator.CreateInstance(type)!
                    : (Exception)RuntimeHelpers.GetUninitializedObject(type);
            }
            catch (TargetInvocationException inner)
            {
                copied = new UnavailableExceptionFallbackException($"Failed to construct exception of type \"{type}\"", inner.InnerException!) { ExceptionType = NameOf(type) };
            }

            CopyBase(exception, copied, session, CopyInner(exception, session));
            return copied;
        }

        throw new CodecNotFoundException($"Could not find a codec for type {type}.");
    }

    /// <summary>Copies what every exception has.</summary>
    public static void CopyBase(Exception from, Exception to, CopySession session, Exception? inner)
    {
        MessageField.SetValue(to, from is AggregateException ? MessageField.GetValue(from) : from.Message);
        InnerField.SetValue(to, inner);
        HResultField.SetValue(to, from.HResult);
        foreach (DictionaryEntry entry in from.Data)
        {
            to.Data[Copier.For(entry.Key.GetType()).CopyObject(entry.Key, session)] =
                entry.Value is null ? null : Copier.For(entry.Value.GetType()).CopyObject(entry.Value, session);
        }

        if (from.StackTrace is { } trace)
        {
            ExceptionDispatchInfo.SetRemoteStackTrace(to, trace);
        }
    }

    public static Exception? CopyInner(Exception exception, CopySession session) => exception.InnerException is { } inner ? Copy(inner, session) : null;

    private static bool IsOfFramework(Type type) =>
        type.Namespace is { } name
        && (name.StartsWith("System", StringComparison.Ordinal) || name.StartsWith("Microsoft", StringComparison.Ordinal) || name.StartsWith("Azure", StringComparison.Ordinal));

    private static string NameOf(Type type) => $"{type.FullName},{type.Assembly.GetName().Name}";

    private static FieldInfo Field(string name) => typeof(Exception).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!;
}
