using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Timers;

namespace Orleans.Hosting
{
    /// <summary>Reminders of a silo.</summary>
    public static partial class SiloBuilderReminderExtensions
    {
        /// <summary>Adds reminders; the table has to be registered too.</summary>
        public static ISiloBuilder AddReminders(this ISiloBuilder builder) => builder.ConfigureServices(AddReminders);

        /// <summary>Adds reminders; the table has to be registered too.</summary>
        public static void AddReminders(this IServiceCollection services)
        {
            if (services.Any(service => service.ServiceType == typeof(LocalReminderService)))
            {
                return;
            }

            services.AddSingleton<IConfigurationValidator, ReminderOptionsValidator>();
            services.AddSingleton<LocalReminderService>();
            services.AddSingleton<IReminderService>(sp => sp.GetRequiredService<LocalReminderService>());
            services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(sp => sp.GetRequiredService<LocalReminderService>());
            services.AddSingleton<IReminderRegistry, ReminderRegistry>();
        }
    }

    /// <summary>Reminders in the silo's memory.</summary>
    public static class SiloBuilderReminderMemoryExtensions
    {
        /// <summary>Adds reminders that are lost with the silo.</summary>
        public static ISiloBuilder UseInMemoryReminderService(this ISiloBuilder builder)
        {
            builder.AddReminders();
            builder.Services.TryAddSingleton<IReminderTable, InMemoryReminderTable>();
            return builder;
        }
    }

    internal sealed class ReminderOptionsValidator(IOptions<ReminderOptions> options) : IConfigurationValidator
    {
        public void ValidateConfiguration()
        {
            var value = options.Value;
            if (value.MinimumReminderPeriod < TimeSpan.Zero)
            {
                throw new OrleansConfigurationException($"{nameof(ReminderOptions)}.{nameof(value.MinimumReminderPeriod)} must not be less than {TimeSpan.Zero}");
            }

            if (value.RefreshReminderListPeriod <= TimeSpan.Zero)
            {
                throw new OrleansConfigurationException($"{nameof(ReminderOptions)}.{nameof(value.RefreshReminderListPeriod)} must be greater than {TimeSpan.Zero}");
            }

            if (value.ReminderLoadingWindow < value.RefreshReminderListPeriod)
            {
                throw new OrleansConfigurationException($"{nameof(ReminderOptions)}.{nameof(value.ReminderLoadingWindow)} must not be less than {nameof(value.RefreshReminderListPeriod)}");
            }
        }
    }
}

namespace Orleans.Runtime
{
    internal sealed class Reminder(GrainId grainId, string name, string eTag) : IGrainReminder
    {
        public GrainId GrainId { get; } = grainId;

        public string ReminderName { get; } = name;

        public string ETag { get; } = eTag;

        public static Reminder Of(ReminderEntry entry) => new(entry.GrainId, entry.ReminderName, entry.ETag!);
    }

    internal sealed class ReminderRegistry(IServiceProvider services, IOptions<ReminderOptions> options) : IReminderRegistry
    {
        public Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime < TimeSpan.Zero)
            {
                throw new ArgumentOutOfRangeException(nameof(dueTime), "Cannot use an infinite or negative dueTime to create a reminder");
            }

            if (period < TimeSpan.Zero)
            {
                throw new ArgumentOutOfRangeException(nameof(period), "Cannot use an infinite or negative period to create a reminder");
            }

            if (period < options.Value.MinimumReminderPeriod)
            {
                throw new ArgumentException(
                    $"Cannot register reminder {reminderName} as requested period ({period}) is less than minimum allowed reminder period ({options.Value.MinimumReminderPeriod})");
            }

            ArgumentException.ThrowIfNullOrEmpty(reminderName);
            return Service().RegisterOrUpdateReminder(callingGrainId, reminderName, dueTime, period);
        }

        public Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder) => Service().UnregisterReminder(reminder);

        public Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName)
        {
            ArgumentException.ThrowIfNullOrEmpty(reminderName);
            return Service().GetReminder(callingGrainId, reminderName);
        }

        public Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId) => Service().GetReminders(callingGrainId);

        private IReminderService Service()
        {
            if (RuntimeContext.Current is null)
            {
                throw new InvalidOperationException(
                    "Attempted to access grain from a non-grain context, such as a background thread, which is invalid."
                    + " Ensure that you are only accessing grain functionality from within the context of a grain.");
            }

            return services.GetService<IReminderTable>() is null
                ? throw new OrleansConfigurationException($"The reminder service has not been configured. Call {nameof(SiloBuilderReminderMemoryExtensions.UseInMemoryReminderService)} or register an {nameof(IReminderTable)}.")
                : services.GetRequiredService<IReminderService>();
        }
    }

    internal sealed class InMemoryReminderTable : IReminderTable
    {
        private readonly Dictionary<(GrainId, string), ReminderEntry> _rows = [];

        public Task<ReminderTableData> ReadRows(GrainId grainId) => Task.FromResult(Select(entry => entry.GrainId == grainId));

        public Task<ReminderTableData> ReadRows(uint begin, uint end) => Task.FromResult(Select(entry =>
        {
            var hash = entry.GrainId.GetUniformHashCode();
            return begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;
        }));

        public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName)
        {
            lock (_rows)
            {
                return Task.FromResult(_rows.TryGetValue((grainId, reminderName), out var entry) ? Copy(entry) : null);
            }
        }

        public Task<string?> UpsertRow(ReminderEntry entry)
        {
            ArgumentNullException.ThrowIfNull(entry);
            var stored = Copy(entry);
            stored.ETag = Guid.NewGuid().ToString();
            lock (_rows)
            {
                _rows[(entry.GrainId, entry.ReminderName)] = stored;
            }

            return Task.FromResult<string?>(stored.ETag);
        }

        public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag)
        {
            lock (_rows)
            {
                return Task.FromResult(_rows.TryGetValue((grainId, reminderName), out var entry) && entry.ETag == eTag && _rows.Remove((grainId, reminderName)));
            }
        }

        public Task TestOnlyClearTable()
        {
            lock (_rows)
            {
                _rows.Clear();
            }

            return Task.CompletedTask;
        }

        private static ReminderEntry Copy(ReminderEntry entry) =>
            new() { GrainId = entry.GrainId, ReminderName = entry.ReminderName, StartAt = entry.StartAt, Period = entry.Period, ETag = entry.ETag };

        private ReminderTableData Select(Func<ReminderEntry, bool> predicate)
        {
            lock (_rows)
            {
                return new ReminderTableData(_rows.Values.Where(predicate).Select(Copy));
            }
        }
    }

    /// <summary>Ticks the reminders of the table; reads it when the silo starts and now and then.</summary>
    internal sealed partial class LocalReminderService(
        IServiceProvider services, Silo silo, IOptions<ReminderOptions> options, TimeProvider timeProvider, ILogger<LocalReminderService> logger)
        : IReminderService, ILifecycleParticipant<ISiloLifecycle>
    {
        private readonly Dictionary<(GrainId, string), Running> _running = [];
        private IReminderTable? _table;
        private ITimer? _refresh;
        private bool _isStopped;

        private IReminderTable Table => _table ?? throw new InvalidOperationException("The reminder service is not currently available.");

        public void Participate(ISiloLifecycle lifecycle)
        {
            lifecycle.Subscribe<LocalReminderService>(ServiceLifecycleStage.RuntimeStorageServices, StartTable, StopTable);
            lifecycle.Subscribe<LocalReminderService>(ServiceLifecycleStage.Active, _ => Start(), _ => Stop());
        }

        public async Task Start()
        {
            if (_table is null)
            {
                return;
            }

            await Refresh();
            var period = options.Value.RefreshReminderListPeriod;
            _refresh = timeProvider.CreateTimer(static state => _ = ((LocalReminderService)state!).RefreshSafely(), this, period, period);
        }

        public async Task Stop()
        {
            if (_refresh is { } refresh)
            {
                await refresh.DisposeAsync();
            }

            lock (_running)
            {
                _isStopped = true;
                foreach (var running in _running.Values)
                {
                    running.Dispose();
                }

                _running.Clear();
            }
        }

        public async Task<IGrainReminder> RegisterOrUpdateReminder(GrainId grainId, string reminderName, TimeSpan dueTime, TimeSpan period)
        {
            var entry = new ReminderEntry { GrainId = grainId, ReminderName = reminderName, StartAt = timeProvider.GetUtcNow().UtcDateTime + dueTime, Period = period };
            entry.ETag = await Table.UpsertRow(entry) ?? throw new ReminderException($"Could not register reminder {entry} to reminder table due to a race. Please try again later.");
            Run(entry);
            return Reminder.Of(entry);
        }

        public async Task UnregisterReminder(IGrainReminder reminder)
        {
            if (reminder is not Reminder known)
            {
                throw new ArgumentException("The reminder was not made by this service.", nameof(reminder));
            }

            if (!await Table.RemoveRow(known.GrainId, known.ReminderName, known.ETag))
            {
                throw new ReminderException($"Could not unregister reminder {known.ReminderName} of {known.GrainId} from the reminder table, due to tag mismatch. You can retry.");
            }

            lock (_running)
            {
                if (_running.Remove((known.GrainId, known.ReminderName), out var running))
                {
                    running.Dispose();
                }
            }
        }

        public async Task<IGrainReminder?> GetReminder(GrainId grainId, string reminderName) =>
            await Table.ReadRow(grainId, reminderName) is { } entry ? Reminder.Of(entry) : null;

        public async Task<List<IGrainReminder>> GetReminders(GrainId grainId) => [.. (await Table.ReadRows(grainId)).Reminders.Select(Reminder.Of)];

        [LoggerMessage(EventId = 40, Level = LogLevel.Error, Message = "Reading the reminder table failed.")]
        private static partial void LogRefreshFailed(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 41, Level = LogLevel.Error, Message = "The reminder {Name} could not be delivered to {GrainId}.")]
        private static partial void LogTickFailed(ILogger logger, Exception exception, string name, GrainId grainId);

        private async Task StartTable(CancellationToken cancellationToken)
        {
            if (services.GetService<IReminderTable>() is { } table)
            {
                await table.StartAsync(cancellationToken);
                _table = table;
            }
        }

        private Task StopTable(CancellationToken cancellationToken) => _table?.StopAsync(cancellationToken) ?? Task.CompletedTask;

        private async Task RefreshSafely()
        {
            try
            {
                await Refresh();
            }
            catch (Exception exception)
            {
                LogRefreshFailed(logger, exception);
            }
        }

        private async Task Refresh()
        {
            // The whole ring: begin and end are equal.
            var entries = (await Table.ReadRows(0, 0)).Reminders;
            var seen = new HashSet<(GrainId, string)>();
            foreach (var entry in entries)
            {
                seen.Add((entry.GrainId, entry.ReminderName));
                bool isKnown;
                lock (_running)
                {
                    isKnown = _running.TryGetValue((entry.GrainId, entry.ReminderName), out var running) && running.Entry.ETag == entry.ETag;
                }

                if (!isKnown)
                {
                    Run(entry);
                }
            }

            lock (_running)
            {
                foreach (var key in _running.Keys.Where(key => !seen.Contains(key)).ToArray())
                {
                    // What was registered while the table was read stays until the next time.
                    if (_running[key].RegisteredAt < Environment.TickCount64 - 1000)
                    {
                        _running.Remove(key, out var gone);
                        gone!.Dispose();
                    }
                }
            }
        }

        private void Run(ReminderEntry entry)
        {
            var running = new Running(this, entry);
            lock (_running)
            {
                if (_isStopped)
                {
                    running.Dispose();
                    return;
                }

                if (_running.TryGetValue((entry.GrainId, entry.ReminderName), out var before))
                {
                    before.Dispose();
                }

                _running[(entry.GrainId, entry.ReminderName)] = running;
            }

            running.Arm();
        }

        /// <summary>One reminder that is waiting for its next tick.</summary>
        private sealed class Running : IDisposable
        {
            private readonly LocalReminderService _service;
            private readonly ITimer _timer;
            private volatile bool _isDisposed;

            public Running(LocalReminderService service, ReminderEntry entry)
            {
                _service = service;
                Entry = entry;
                using (ExecutionContext.SuppressFlow())
                {
                    _timer = service.Clock.CreateTimer(static state => _ = ((Running)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                }
            }

            public ReminderEntry Entry { get; }

            public long RegisteredAt { get; } = Environment.TickCount64;

            public void Arm()
            {
                var now = _service.Clock.GetUtcNow().UtcDateTime;
                var due = Entry.StartAt - now;
                if (due < TimeSpan.Zero && Entry.Period > TimeSpan.Zero)
                {
                    // Missed ticks are not made up for; the rhythm stays.
                    due = TimeSpan.FromTicks(Entry.Period.Ticks - ((now - Entry.StartAt).Ticks % Entry.Period.Ticks));
                }

                Wait(due);
            }

            public void Dispose()
            {
                _isDisposed = true;
                _timer.Dispose();
            }

            private void Wait(TimeSpan due)
            {
                try
                {
                    // Timers reach 49 days; what is further away is looked at again by then.
                    var limit = TimeSpan.FromDays(40);
                    _timer.Change(due < TimeSpan.Zero ? TimeSpan.Zero : due > limit ? limit : due + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                }
                catch (ObjectDisposedException)
                {
                    // Removed in the meantime.
                }
            }

            private async Task Tick()
            {
                var now = _service.Clock.GetUtcNow().UtcDateTime;
                if (now < Entry.StartAt)
                {
                    // Timers may be a little early.
                    Arm();
                    return;
                }

                try
                {
                    await _service.Deliver(Entry, now);
                }
                catch (Exception exception)
                {
                    LogTickFailed(_service.Log, exception, Entry.ReminderName, Entry.GrainId);
                }

                if (!_isDisposed)
                {
                    Arm();
                }
            }
        }

        private TimeProvider Clock => timeProvider;

        private ILogger Log => logger;

        private Task Deliver(ReminderEntry entry, DateTime now) =>
            silo.Runtime.GetGrain<IRemindable>(entry.GrainId).ReceiveReminder(entry.ReminderName, new TickStatus(entry.StartAt, entry.Period, now));
    }
}
