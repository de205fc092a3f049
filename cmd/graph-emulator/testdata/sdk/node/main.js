'use strict';

require('./audiences');
require('./members');
require('./errors');
